#include "engine/os/url.hpp"

#include <gtest/gtest.h>

namespace jobber::os {
namespace {

TEST(Url, IsTakenApart) {
  struct Row {
    const char* text;
    bool secure;
    const char* host;
    int port;
    const char* target;
    const char* authority;
  };
  constexpr Row kRows[] = {
      {"https://api.binance.com", true, "api.binance.com", 443, "/", "api.binance.com"},
      {"wss://fstream.binance.com/market/stream?streams=a/b", true, "fstream.binance.com", 443, "/market/stream?streams=a/b",
       "fstream.binance.com"},
      {"WSS://Stream.Binance.com:9443/ws", true, "stream.binance.com", 9443, "/ws", "stream.binance.com:9443"},
      {"http://127.0.0.1:9000/x?y=1", false, "127.0.0.1", 9000, "/x?y=1", "127.0.0.1:9000"},
      {"ws://[::1]:80/", false, "::1", 80, "/", "[::1]"},
      {"https://[2001:DB8::1]:8443", true, "2001:db8::1", 8443, "/", "[2001:db8::1]:8443"},
      {"https://host?x=/y", true, "host", 443, "/?x=/y", "host"},
      {"https://host:443/", true, "host", 443, "/", "host"},
  };
  for (const Row& r : kRows) {
    const auto url = parse_url(r.text);
    ASSERT_TRUE(url.ok()) << r.text << ": " << url.error().text;
    EXPECT_EQ(url.value().secure, r.secure) << r.text;
    EXPECT_EQ(url.value().host, r.host) << r.text;
    EXPECT_EQ(url.value().port, r.port) << r.text;
    EXPECT_EQ(url.value().target, r.target) << r.text;
    EXPECT_EQ(url.value().authority(), r.authority) << r.text;
    const auto again = parse_url(url.value().text());
    ASSERT_TRUE(again.ok()) << r.text;
    EXPECT_EQ(again.value().text(), url.value().text());
  }
}

TEST(Url, WhatCouldBeTakenForSomethingElseIsRefused) {
  constexpr const char* kRows[] = {
      "", "://", "https://", "https:///path", "ftp://host/", "host/path", "//host", "https//host", "https://:443/",
      "https://user@host/", "https://good.com@evil.com/", "https://host:0/", "https://host:65536/", "https://host:12x/",
      "https://host:/", "https://host:-1/", "https://ho st/", "https://host/\r\nX: y", "https://host/#part", "https://[::1/",
      "https://[::1]x/", "https://[zz]/", "https://h\xC3\xB6st/", "https://host%2e/", "https://a\\b/",
  };
  for (const char* text : kRows) EXPECT_FALSE(parse_url(text).ok()) << text;
  EXPECT_FALSE(parse_url("https://host/" + std::string(9000, 'a')).ok());
  EXPECT_FALSE(parse_url("https://" + std::string(300, 'a') + "/").ok());
}

}  // namespace
}  // namespace jobber::os
