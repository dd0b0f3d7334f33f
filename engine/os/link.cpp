#include "engine/os/link.hpp"

#include <cerrno>

namespace jobber::os {

std::string_view to_text(LinkError error) noexcept {
  switch (error) {
    case LinkError::kNone: return "no error";
    case LinkError::kClosedByUs: return "closed by us";
    case LinkError::kClosedByPeer: return "closed by the peer";
    case LinkError::kCut: return "cut without a goodbye";
    case LinkError::kReset: return "reset by the peer";
    case LinkError::kRefused: return "connection refused";
    case LinkError::kUnreachable: return "unreachable";
    case LinkError::kTimeout: return "no connection in time";
    case LinkError::kCertificate: return "certificate refused";
    case LinkError::kPin: return "certificate without a pinned key";
    case LinkError::kNotTls: return "what answers does not speak TLS";
    case LinkError::kProtocol: return "TLS failed";
    case LinkError::kNoMemory: return "this host has no room for another connection";
    case LinkError::kFailed: return "failed";
  }
  return "?";
}

std::string_view to_text(LinkState state) noexcept {
  switch (state) {
    case LinkState::kIdle: return "idle";
    case LinkState::kConnecting: return "connecting";
    case LinkState::kHandshaking: return "handshaking";
    case LinkState::kOpen: return "open";
    case LinkState::kClosed: return "closed";
  }
  return "?";
}

LinkError link_error_of(int error_number) noexcept {
  switch (error_number) {
    case 0: return LinkError::kNone;
    case ECONNREFUSED: return LinkError::kRefused;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE: return LinkError::kReset;
    case ETIMEDOUT: return LinkError::kTimeout;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
    case EACCES:
    case EPERM: return LinkError::kUnreachable;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM: return LinkError::kNoMemory;
    default: return LinkError::kFailed;
  }
}

}  // namespace jobber::os
