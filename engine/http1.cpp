#include "engine/http1.hpp"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#include "engine/check.hpp"

namespace jobber::http {
namespace {

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) noexcept { return lower(c) >= 'a' && lower(c) <= 'z'; }
constexpr bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

constexpr int hex_value(char c) noexcept {
  if (is_digit(c)) return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

// tchar, RFC 9110 5.6.2.
constexpr std::array<bool, 256> kTokenChars = [] {
  std::array<bool, 256> out{};
  for (int c = 0; c != 128; ++c) {
    const char ch = static_cast<char>(c);
    out[static_cast<std::size_t>(c)] =
        is_digit(ch) || is_letter(ch) || std::string_view("!#$%&'*+-.^_`|~").find(ch) != std::string_view::npos;
  }
  return out;
}();

bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return kTokenChars[static_cast<unsigned char>(c)]; });
}

// What stands between spaces and tabs.
std::string_view trimmed(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Decimal digits only, at most 18 of them.
bool parse_length(std::string_view text, std::uint64_t& out) noexcept {
  if (text.empty() || text.size() > 18 || !std::all_of(text.begin(), text.end(), is_digit)) return false;
  out = 0;
  for (const char c : text) out = out * 10 + static_cast<std::uint64_t>(c - '0');
  return true;
}

// "HTTP/1.1" or "HTTP/1.0".
bool is_version(std::string_view text) noexcept {
  return text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) && text[6] == '.' && is_digit(text[7]);
}

bool has_body(int status) noexcept { return status >= 200 && status != 204 && status != 304; }

void append_clean(std::string& out, std::string_view text) {
  for (const char c : text) out += is_control(c) && c != '\t' ? ' ' : c;
}

void append_headers(std::string& out, const Headers& headers, bool keep_alive) {
  for (const Header& h : headers.list) {
    if (same_text(h.name, "content-length") || same_text(h.name, "transfer-encoding") || !is_token(h.name)) continue;
    out += h.name;
    out += ": ";
    append_clean(out, h.value);
    out += "\r\n";
  }
  if (!keep_alive && headers.count("connection") == 0) out += "Connection: close\r\n";
}

void append_length_and_body(std::string& out, std::string_view body, bool with_length) {
  if (with_length) out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  out += "\r\n";
  if (with_length) out += body;
}

}  // namespace

bool same_text(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view Headers::get(std::string_view name) const {
  for (const Header& h : list) {
    if (same_text(h.name, name)) return h.value;
  }
  return {};
}

std::size_t Headers::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::count_if(list.begin(), list.end(), [&](const Header& h) { return same_text(h.name, name); }));
}

bool Headers::has_token(std::string_view name, std::string_view token) const {
  for (const Header& h : list) {
    if (!same_text(h.name, name)) continue;
    for (std::string_view rest = h.value;;) {
      const std::size_t comma = rest.find(',');
      if (same_text(trimmed(rest.substr(0, comma)), token)) return true;
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return false;
}

void Headers::set(std::string_view name, std::string_view value) {
  for (Header& h : list) {
    if (!same_text(h.name, name)) continue;
    h.value = value;
    return;
  }
  add(name, value);
}

void Headers::add(std::string_view name, std::string_view value) { list.push_back({std::string(name), std::string(value)}); }

std::string_view to_text(HttpError error) noexcept {
  switch (error) {
    case HttpError::kNone: return "none";
    case HttpError::kBadSyntax: return "bad syntax";
    case HttpError::kHeadTooLong: return "head too long";
    case HttpError::kBodyTooLong: return "body too long";
    case HttpError::kTooManyHeaders: return "too many headers";
    case HttpError::kBadLength: return "bad or contradicting length";
    case HttpError::kUnsupported: return "unsupported version or transfer coding";
    case HttpError::kCut: return "cut off in the middle";
  }
  return "?";
}

template <class M>
void Reader<M>::fail(HttpError why) {
  error_ = why;
  state_ = State::kFailed;
  line_ = {};
  message_ = {};
}

template <class M>
std::size_t Reader<M>::on_bytes(std::span<const char> in) {
  std::size_t used = 0;
  while (used != in.size() && state_ != State::kDone && state_ != State::kFailed) {
    const bool raw = state_ == State::kBody || state_ == State::kUntilEof || state_ == State::kChunkData;
    used += raw ? on_body_bytes(in.subspan(used)) : on_line_bytes(in.subspan(used));
  }
  return used;
}

// Up to the next line end, which is CR LF and nothing else.
template <class M>
std::size_t Reader<M>::on_line_bytes(std::span<const char> in) {
  const std::string_view text(in.data(), in.size());
  const std::size_t end = text.find('\n');
  const std::size_t taken = end == std::string_view::npos ? text.size() : end + 1;
  if (taken > limits_.head_bytes - head_used_) return fail(HttpError::kHeadTooLong), taken;
  head_used_ += taken;
  line_.append(text.substr(0, taken));
  if (end == std::string_view::npos) return taken;
  if (!line_.ends_with("\r\n")) return fail(HttpError::kBadSyntax), taken;
  const std::string line = std::exchange(line_, {});
  on_line(std::string_view(line).substr(0, line.size() - 2));
  return taken;
}

template <class M>
void Reader<M>::on_line(std::string_view line) {
  switch (state_) {
    case State::kStart:
      // A server passes over empty lines before a request, RFC 9112 2.2; they use up the head's bytes.
      if (!line.empty() || std::is_same_v<M, Response>) on_start_line(line);
      return;
    case State::kHeaders: return line.empty() ? on_head_end() : on_header_line(line);
    case State::kChunkSize: return on_chunk_size(line);
    case State::kChunkEnd:
      head_used_ -= 2;
      if (!line.empty()) return fail(HttpError::kBadLength);
      state_ = State::kChunkSize;
      return;
    case State::kTrailers: return line.empty() ? finish() : on_header_line(line);
    case State::kBody:
    case State::kUntilEof:
    case State::kChunkData:
    case State::kDone:
    case State::kFailed: break;
  }
  JOBBER_CHECK(false);  // no line is read in these
}

template <class M>
void Reader<M>::on_start_line(std::string_view line) {
  std::string_view version;
  if constexpr (std::is_same_v<M, Request>) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) return fail(HttpError::kBadSyntax);
    const std::string_view method = line.substr(0, first), target = line.substr(first + 1, last - first - 1);
    version = line.substr(last + 1);
    const bool clean = std::none_of(target.begin(), target.end(), [](char c) { return c == ' ' || is_control(c); });
    if (!is_token(method) || target.empty() || !clean) return fail(HttpError::kBadSyntax);
    message_.method = method;
    message_.target = target;
  } else {
    // The space before an empty phrase is left out by some.
    version = line.substr(0, 8);
    if (line.size() < 12 || line[8] != ' ' || (line.size() > 12 && line[12] != ' ')) return fail(HttpError::kBadSyntax);
    if (!is_digit(line[9]) || !is_digit(line[10]) || !is_digit(line[11])) return fail(HttpError::kBadSyntax);
    message_.status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
    if (message_.status < 100 || message_.status > 599) return fail(HttpError::kBadSyntax);
    if (line.size() > 13) message_.reason = line.substr(13);
    if (std::any_of(message_.reason.begin(), message_.reason.end(), [](char c) { return is_control(c) && c != '\t'; }))
      return fail(HttpError::kBadSyntax);
  }
  if (!is_version(version)) return fail(HttpError::kBadSyntax);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return fail(HttpError::kUnsupported);
  old_version_ = version == "HTTP/1.0";
  state_ = State::kHeaders;
}

// Of the head or of the trailers; trailers must be as clean, and are then forgotten.
template <class M>
void Reader<M>::on_header_line(std::string_view line) {
  if (++lines_ > limits_.headers) return fail(HttpError::kTooManyHeaders);
  const std::size_t colon = line.find(':');
  // No folding and no space before the colon: is_token() refuses both.
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return fail(HttpError::kBadSyntax);
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (std::any_of(value.begin(), value.end(), [](char c) { return is_control(c) && c != '\t'; }))
    return fail(HttpError::kBadSyntax);
  if (state_ == State::kHeaders) message_.headers.add(line.substr(0, colon), value);
}

// How the body ends: RFC 9112 6.3, with every ambiguity an error.
template <class M>
void Reader<M>::on_head_end() {
  const Headers& headers = message_.headers;
  message_.keep_alive = old_version_ ? headers.has_token("connection", "keep-alive") : !headers.has_token("connection", "close");
  const std::size_t lengths = headers.count("content-length");
  const std::size_t codings = headers.count("transfer-encoding");
  if (lengths > 1 || codings > 1 || (lengths != 0 && codings != 0) || (codings != 0 && old_version_))
    return fail(HttpError::kBadLength);
  left_ = 0;
  if (lengths == 1 && !parse_length(headers.get("content-length"), left_)) return fail(HttpError::kBadLength);
  if (codings == 1 && !same_text(headers.get("transfer-encoding"), "chunked")) return fail(HttpError::kUnsupported);

  if constexpr (std::is_same_v<M, Request>) {
    if (headers.count("host") > 1 || (headers.count("host") == 0 && !old_version_)) return fail(HttpError::kBadSyntax);
  } else {
    if (message_.status < 200 && message_.status != 101) {  // an interim answer: the real one follows
      message_ = {};
      lines_ = 0;
      state_ = State::kStart;
      return;
    }
    if (no_body_ || !has_body(message_.status)) return finish();
    if (lengths == 0 && codings == 0) {
      message_.keep_alive = false;
      state_ = State::kUntilEof;
      return;
    }
  }
  if (codings == 1) {
    state_ = State::kChunkSize;
    return;
  }
  if (left_ > limits_.body_bytes) return fail(HttpError::kBodyTooLong);
  if (left_ == 0) return finish();
  state_ = State::kBody;
}

// "1a2b" or "1a2b;extension", RFC 9112 7.1. A line between chunks uses up the head's bytes only while it is read.
template <class M>
void Reader<M>::on_chunk_size(std::string_view line) {
  head_used_ -= line.size() + 2;
  const std::string_view digits = line.substr(0, line.find(';'));
  if (digits.empty() || digits.size() > 15) return fail(HttpError::kBadLength);
  std::uint64_t size = 0;
  for (const char c : digits) {
    if (hex_value(c) < 0) return fail(HttpError::kBadLength);
    size = size * 16 + static_cast<std::uint64_t>(hex_value(c));
  }
  if (std::any_of(line.begin(), line.end(), is_control)) return fail(HttpError::kBadSyntax);
  if (size > limits_.body_bytes - message_.body.size()) return fail(HttpError::kBodyTooLong);
  left_ = size;
  state_ = size == 0 ? State::kTrailers : State::kChunkData;
}

template <class M>
std::size_t Reader<M>::on_body_bytes(std::span<const char> in) {
  if (state_ == State::kUntilEof) {
    if (in.size() > limits_.body_bytes - message_.body.size()) return fail(HttpError::kBodyTooLong), in.size();
    message_.body.append(in.data(), in.size());
    return in.size();
  }
  const std::size_t taken = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size()));
  message_.body.append(in.data(), taken);
  left_ -= taken;
  if (left_ != 0) return taken;
  if (state_ == State::kBody) {
    finish();
  } else {
    state_ = State::kChunkEnd;
  }
  return taken;
}

template <class M>
void Reader<M>::finish() {
  state_ = State::kDone;
}

template <class M>
void Reader<M>::on_eof() {
  if (state_ == State::kUntilEof) return finish();
  if (state_ == State::kDone || state_ == State::kFailed || !started()) return;
  fail(HttpError::kCut);
}

template <class M>
M Reader<M>::take() {
  JOBBER_CHECK(done());
  state_ = State::kStart;
  no_body_ = old_version_ = false;
  head_used_ = lines_ = 0;
  return std::exchange(message_, {});
}

template class Reader<Request>;
template class Reader<Response>;

void append(std::string& out, const Request& request) {
  out += is_token(request.method) ? std::string_view(request.method) : std::string_view("GET");
  out += ' ';
  for (const char c : request.target) {
    if (c == ' ' || is_control(c)) {
      out += percent_encode({&c, 1});
    } else {
      out += c;
    }
  }
  out += " HTTP/1.1\r\n";
  append_headers(out, request.headers, request.keep_alive);
  const bool takes_body = request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  append_length_and_body(out, request.body, takes_body || !request.body.empty());
}

void append(std::string& out, const Response& response) {
  out += "HTTP/1.1 " + std::to_string(response.status) + " ";
  append_clean(out, response.reason.empty() ? reason_of(response.status) : std::string_view(response.reason));
  out += "\r\n";
  append_headers(out, response.headers, response.keep_alive);
  append_length_and_body(out, response.body, has_body(response.status));
}

std::string_view reason_of(int status) noexcept {
  switch (status) {
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 201: return "Created";
    case 204: return "No Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 418: return "I'm a teapot";
    case 426: return "Upgrade Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    default: return {};
  }
}

std::string percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i != text.size(); ++i) {
    const bool escape = text[i] == '%' && text.size() - i > 2 && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0;
    if (escape) {
      out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_digit(c) || is_letter(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      out += '%';
      out += kDigits[static_cast<unsigned char>(c) >> 4];
      out += kDigits[static_cast<unsigned char>(c) & 15];
    }
  }
  return out;
}

std::vector<Param> parse_query(std::string_view raw) {
  std::vector<Param> out;
  while (!raw.empty()) {
    const std::size_t end = raw.find('&');
    const std::string_view piece = raw.substr(0, end);
    raw = end == std::string_view::npos ? std::string_view{} : raw.substr(end + 1);
    if (piece.empty()) continue;
    const std::size_t equals = piece.find('=');
    const std::string_view value = equals == std::string_view::npos ? std::string_view{} : piece.substr(equals + 1);
    out.push_back({percent_decode(piece.substr(0, equals), true), percent_decode(value, true)});
  }
  return out;
}

}  // namespace jobber::http
