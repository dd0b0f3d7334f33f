#include "tools/world/loaded_tape.hpp"

namespace jobber::world {

Result<LoadedTape, TapeError> LoadedTape::load(const std::string& path) {
  auto opened = FileTape::open(path);
  if (!opened.ok()) return opened.error();
  FileTape& file = opened.value();
  LoadedTape tape;
  tape.path_ = path;
  TapeLine line;
  while (file.next(line)) {
    tape.index_.push_back({line.recv, tape.bytes_.size(), line.json.size()});
    tape.bytes_.insert(tape.bytes_.end(), line.json.begin(), line.json.end());
    tape.bytes_.resize(tape.bytes_.size() + kTapePadding, ' ');
  }
  tape.fault_ = file.error();
  if (tape.index_.empty()) return tape.fault_;
  return tape;
}

Result<Instrument, feed::GridError> LoadedTape::instrument() const noexcept {
  feed::GridScan scan;
  for (std::size_t i = 0; i < lines(); ++i) scan.on_message(line(i).json);
  return scan.instrument();
}

}  // namespace jobber::world
