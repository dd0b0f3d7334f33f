// The shape of every order venue: paper, in-process, or a session that speaks to a real one.
//
// Owner: the gateway agent's thread. Sans-I/O and hot: inputs take `now`, which never decreases;
// outputs are polled until empty. GatewayAgent<Venue> is the only caller, so no virtual call.
//
// What a venue promises, in the words of engine/messages.hpp:
//   kNew       ends in exactly one of kAck then (kFill | kReplaced | ...)* then a kTerminal event, or
//              kReject (kTerminal). An order that never rests (IOC) is acked, filled, then kCancelled.
//   kFill      trade_id is not 0 and unique per instrument; price and qty of this execution; leaves
//              after it; kMaker when we were resting; kTerminal when leaves is 0.
//   kCancel    kCancelled (kTerminal), or kCancelReject (kUnknownOrder) when the order is gone.
//   kReplace   kReplaced (qty = new total, price = new price, leaves) or kReplaceReject; the id stays.
//   kCancelAll one kCancelled per order of that instrument.
//   kSession   qty 1 = up, 0 = down. After "down" every open order's fate is unknown until told.
// Every outcome is an event: submit() returns nothing, so there is one path to handle and to replay.
#pragma once

#include <concepts>

#include "engine/messages.hpp"
#include "risk/approved.hpp"

namespace jobber::gateway {

template <class V>
concept Venue = requires(V v, const V cv, Instant now, const MarketEvent& market, const risk::Approved& order,
                         OrderEvent& out) {
  { v.on_market(now, market) } noexcept -> std::same_as<void>;  // public market data, in feed order
  { v.submit(now, order) } noexcept -> std::same_as<void>;      // new, replace, cancel, cancel-all
  { v.on_timer(now) } noexcept -> std::same_as<void>;           // call when now >= next_deadline()
  { v.next_event(out) } noexcept -> std::same_as<bool>;         // oldest event that is due
  { cv.next_deadline() } noexcept -> std::same_as<Instant>;     // Instant::never() = nothing pending
};

}  // namespace jobber::gateway
