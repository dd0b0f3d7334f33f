// What every link tells of itself, TLS or plain, client or server side.
//
//   kIdle -> kConnecting -> kHandshaking -> kOpen -> kClosed     (kClosed from anywhere; then connect() again)
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/units.hpp"

namespace jobber::os {

enum class LinkState : std::uint8_t { kIdle, kConnecting, kHandshaking, kOpen, kClosed };

// Why a link is closed.
enum class LinkError : std::uint8_t {
  kNone,
  kClosedByUs,
  kClosedByPeer,   // it said so (close_notify), or on a plain link ended its side
  kCut,            // the stream ended without a goodbye: bytes may be missing
  kReset,          // RST
  kRefused,        // nobody listens there
  kUnreachable,    // no route, or the address is no use here
  kTimeout,        // connecting and handshake took longer than allowed
  kCertificate,    // chain, dates, purpose or host name
  kPin,            // a good certificate, but not a key we know
  kNotTls,         // what answered does not speak TLS
  kProtocol,       // TLS version, cipher, or a broken record
  kNoMemory,       // files, memory or ports of this host are used up
  kFailed,
};
inline constexpr std::size_t kLinkErrors = 14;

[[nodiscard]] std::string_view to_text(LinkError error) noexcept;
[[nodiscard]] std::string_view to_text(LinkState state) noexcept;
[[nodiscard]] LinkError link_error_of(int error_number) noexcept;  // errno

struct LinkOptions {
  Nanos deadline = seconds(10);        // of connecting and handshake together
  Nanos busy_poll = microseconds(50);  // 0 = do not ask the kernel for it
  std::size_t tx_bytes = 64 * 1024;    // waiting for the wire, at least one TLS record (18 KiB)
};

}  // namespace jobber::os
