// Tapes as they are and as they break: every complete line comes out, then a named fault with its line.
#include "engine/os/file_tape.hpp"

#include <gtest/gtest.h>
#include <unistd.h>
#include <zstd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace jobber {
namespace {

using Cause = TapeError::Cause;

class FileTapeTest : public ::testing::Test {
 protected:
  FileTapeTest() {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    dir_ = std::filesystem::temp_directory_path() / ("jobber_tape_" + std::to_string(::getpid()) + "_" + info->name());
    std::filesystem::create_directories(dir_);
  }
  ~FileTapeTest() override { std::filesystem::remove_all(dir_); }

  std::string write(std::string_view bytes) {
    const std::string path = dir_ / "tape.log";
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  static std::string packed(std::string_view text) {
    std::string out(ZSTD_compressBound(text.size()), '\0');
    out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
    return out;
  }

  struct Read {
    std::vector<std::string> lines;  // "<recv>|<json>"
    TapeError error;
  };
  static Read read_all(const std::string& path) {
    Read read;
    auto tape = FileTape::open(path);
    if (!tape.ok()) return {{}, tape.error()};
    TapeLine line;
    while (tape.value().next(line)) {
      EXPECT_EQ(line.number, read.lines.size() + 1);
      read.lines.push_back(std::to_string(line.recv.ns) + "|" + std::string(line.json.data(), line.json.size()));
    }
    EXPECT_FALSE(tape.value().next(line)) << "a tape at its end stays there";
    read.error = tape.value().error();
    return read;
  }

  std::filesystem::path dir_;
};

// A tape larger than any buffer inside, with lines of many lengths.
std::string long_tape(std::size_t lines) {
  std::string text;
  for (std::size_t i = 0; i < lines; ++i) {
    text += std::to_string(1'700'000'000'000'000'000 + i) + " {\"n\":" + std::to_string(i) + ",\"pad\":\"" +
            std::string((i * 7919) % 5000, 'x') + "\"}\n";
  }
  return text;
}

TEST_F(FileTapeTest, YieldsEachLineOfAPlainAndOfAPackedTape) {
  const std::string text = "1 {\"a\":1}\n1723161255030314667 {\"b\":2}\n";
  for (const std::string& bytes : {text, packed(text)}) {
    const Read read = read_all(write(bytes));
    EXPECT_EQ(read.lines, (std::vector<std::string>{"1|{\"a\":1}", "1723161255030314667|{\"b\":2}"}));
    EXPECT_EQ(read.error.cause, Cause::kNone);
  }
}

TEST_F(FileTapeTest, ReadsTapesFarLargerThanItsBuffersTheSamePlainAndPacked) {
  const std::string text = long_tape(3000);  // 7 MB
  const Read plain = read_all(write(text));
  const Read zstd = read_all(write(packed(text)));
  EXPECT_EQ(plain.lines.size(), 3000u);
  EXPECT_EQ(plain.lines, zstd.lines);
  std::string again;
  for (std::string line : plain.lines) line[line.find('|')] = ' ', again += line, again += '\n';
  EXPECT_TRUE(again == text) << "bytes changed on the way";
}

TEST_F(FileTapeTest, ReadsSeveralZstdFramesInARow) {
  const Read read = read_all(write(packed("1 {}\n2 {\"x\"") + packed(":1}\n3 {}\n")));
  EXPECT_EQ(read.lines, (std::vector<std::string>{"1|{}", "2|{\"x\":1}", "3|{}"}));
  EXPECT_EQ(read.error.cause, Cause::kNone);
}

TEST_F(FileTapeTest, PaddingMayBeReadAfterEveryLine) {
  const std::string text = long_tape(500);
  auto tape = FileTape::open(write(text));
  ASSERT_TRUE(tape.ok());
  TapeLine line;
  unsigned sum = 0;
  while (tape.value().next(line)) {
    const char* end = line.json.data() + line.json.size();
    for (std::size_t i = 0; i < kTapePadding; ++i) sum += static_cast<unsigned char>(end[i]);  // ASan watches
  }
  EXPECT_NE(sum, 0u);
}

TEST_F(FileTapeTest, UnusableFilesAreRefusedByName) {
  EXPECT_EQ(read_all(dir_ / "nowhere.log").error.cause, Cause::kMissing);
  EXPECT_EQ(read_all(dir_).error.cause, Cause::kDirectory);
  EXPECT_EQ(read_all(write("")).error.cause, Cause::kEmpty);
  EXPECT_EQ(read_all(write(packed(""))).error.cause, Cause::kEmpty);
}

TEST_F(FileTapeTest, ATapeCutMidLineYieldsEveryLineBeforeTheCutAndSaysWhichLineIsCut) {
  const std::string whole = "1 {\"a\":\"}\"}\n2 {\"b\":[2]}\n";
  const std::size_t second = whole.find('2');
  for (std::size_t cut = second + 1; cut + 2 < whole.size(); ++cut) {
    for (const bool zstd : {false, true}) {
      const std::string bytes = whole.substr(0, cut);
      const Read read = read_all(write(zstd ? packed(bytes) : bytes));
      EXPECT_EQ(read.lines, (std::vector<std::string>{"1|{\"a\":\"}\"}"})) << cut;
      EXPECT_EQ(read.error.cause, Cause::kCutLine) << cut;
      EXPECT_EQ(read.error.line, 2u) << cut;
    }
  }
}

TEST_F(FileTapeTest, ALastLineThatOnlyLacksItsLineEndIsTaken) {
  const Read read = read_all(write("1 {}\n2 {\"b\":[2]}"));
  EXPECT_EQ(read.lines.size(), 2u);
  EXPECT_EQ(read.error.cause, Cause::kNone);
}

TEST_F(FileTapeTest, ACutArchiveYieldsWhatItHoldsAndThenSaysSo) {
  const std::string text = long_tape(3000);
  const std::string whole = packed(text);
  const Read read = read_all(write(whole.substr(0, whole.size() / 2)));
  EXPECT_GT(read.lines.size(), 100u);
  EXPECT_LT(read.lines.size(), 3000u);
  EXPECT_EQ(read.error.cause, Cause::kCutArchive);
  EXPECT_EQ(read.error.line, read.lines.size() + 1);
}

TEST_F(FileTapeTest, ACorruptArchiveIsAnErrorNotAMessage) {
  std::string bytes = packed(long_tape(3000));
  EXPECT_EQ(read_all(write(bytes.substr(0, 4) + "not a frame header")).error.cause, Cause::kBadArchive);
  for (std::size_t i = bytes.size() / 2; i < bytes.size() / 2 + 2000; ++i)
    bytes[i] = static_cast<char>(bytes[i] ^ 0x5A);
  const Read read = read_all(write(bytes));
  EXPECT_LT(read.lines.size(), 3000u);
  EXPECT_NE(read.error.cause, Cause::kNone);
}

TEST_F(FileTapeTest, BadLinesAreNamedWithTheirNumber) {
  struct Row {
    const char* why;
    std::string line;
    Cause want;
  };
  const Row rows[] = {
      {"no number", "{\"a\":1}", Cause::kBadReceiveTime},
      {"negative", "-5 {}", Cause::kBadReceiveTime},
      {"a fraction", "1.5 {}", Cause::kBadReceiveTime},
      {"beyond 63 bits", "9223372036854775808 {}", Cause::kBadReceiveTime},
      {"400 digits", std::string(400, '7') + " {}", Cause::kBadReceiveTime},
      {"a tab", "5\t{}", Cause::kBadReceiveTime},
      {"empty line", "", Cause::kBadReceiveTime},
      {"blank first", " 5 {}", Cause::kBadReceiveTime},
      {"only a number", "5", Cause::kNoMessage},
      {"nothing after the blank", "5 ", Cause::kNoMessage},
  };
  for (const Row& row : rows) {
    const Read read = read_all(write("1 {}\n" + row.line + "\n3 {}\n"));
    EXPECT_EQ(read.lines.size(), 1u) << row.why;
    EXPECT_EQ(read.error.cause, row.want) << row.why;
    EXPECT_EQ(read.error.line, 2u) << row.why;
  }
}

TEST_F(FileTapeTest, TheLongestLinePassesAndOneByteMoreDoesNot) {
  for (const bool ended : {true, false}) {
    std::string line = "1 {\"p\":\"";
    line += std::string(kTapeLineMax - line.size() - 2, 'x') + "\"}";
    ASSERT_EQ(line.size(), kTapeLineMax);
    const std::string end = ended ? "\n" : "";
    EXPECT_EQ(read_all(write("1 {}\n" + line + end)).lines.size(), 2u);
    line[line.size() - 2] = 'x', line[line.size() - 1] = '"', line += '}';
    const Read read = read_all(write("1 {}\n" + line + end));
    EXPECT_EQ(read.lines.size(), 1u);
    EXPECT_EQ(read.error.cause, Cause::kLineTooLong);
    EXPECT_EQ(read.error.line, 2u);
  }
}

TEST_F(FileTapeTest, ALineThatNeverEndsIsRefusedInConstantMemory) {
  const Read read = read_all(write(packed(std::string(64u << 20, 'x'))));
  EXPECT_EQ(read.error.cause, Cause::kLineTooLong);
  EXPECT_EQ(read.error.line, 1u);
}

TEST_F(FileTapeTest, ErrorsReadAsSentences) {
  EXPECT_EQ(describe({Cause::kCutLine, 0, 17}), "line 17: tape cut in the middle of a line");
  EXPECT_EQ(describe({Cause::kMissing, 0, 0}), "no such file");
}

TEST_F(FileTapeTest, ADefaultTapeHasNoLines) {
  FileTape tape;
  TapeLine line;
  EXPECT_FALSE(tape.next(line));
  EXPECT_EQ(tape.error().cause, Cause::kNone);
}

}  // namespace
}  // namespace jobber
