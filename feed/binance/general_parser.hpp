// The path that reads any JSON: simdjson On-Demand behind the venue's schema.
//
// Owner: the feed thread (inside one Decoder); hot when there is no AVX2, else rare.
#pragma once

#include <memory>
#include <span>

#include "engine/result.hpp"
#include "feed/binance/decoded.hpp"

namespace jobber::feed {

class GeneralParser {
 public:
  GeneralParser();
  ~GeneralParser();
  GeneralParser(const GeneralParser&) = delete;
  GeneralParser& operator=(const GeneralParser&) = delete;

  // kDecodePadding readable bytes must follow `json`.
  [[nodiscard]] Result<EventKind, DecodeError> decode(std::span<const char> json, Decoded& out) noexcept;

 private:
  struct Impl;  // keeps simdjson.h out of every file that decodes
  std::unique_ptr<Impl> impl_;
};

}  // namespace jobber::feed
