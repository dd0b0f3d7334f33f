// Writes what one agent consumed and emitted to its journal port, in its order. Without a port it
// hears nothing.
//
// Owner: the agent's thread, hot. The record that ends a poll carries its `now` and, for the quoter,
// the room its order ring had: with them the same messages make the same commands again
// (tools/jobber/replay.cpp). What an agent emitted stands before the end of its poll:
//   quoter   consumed kMarket kSignal kEvent kControl, emitted kCommand
//   gateway  consumed kMarket kCommand kEvent kControl, emitted kOut (to the quoter), kNote (to the venue)
#pragma once

#include <cstddef>

#include "engine/journal.hpp"
#include "engine/messages.hpp"

namespace jobber::world {

inline constexpr std::uint8_t kQuoterAgent = 0;
inline constexpr std::uint8_t kGatewayAgent = 1;

class JournalTap {
 public:
  explicit JournalTap(JournalPort* port = nullptr) noexcept : port_(port) {}

  // A record that finds no room is lost and counted by the port.
  template <class M>
  void record(JournalKind kind, const M& message) noexcept {
    if (port_ != nullptr) port_->append(kind, message);
  }
  void poll(Instant now, std::size_t room) noexcept {
    if (port_ != nullptr) port_->append_poll(now, room);
  }

 private:
  JournalPort* port_;
};

}  // namespace jobber::world
