// Reads what clients of any kind wrote down, and has the test kit's checker look at it.
//
//     callsign-check-promises [--greeting TEXT] [--speakers-hear-themselves] < RECORDING
//
// A line of a recording is a word, a name and perhaps a text, with tabs between: admitted, said,
// heard, leaves, ended. Texts are only compared, so they may be written in any way that keeps them
// on a line. Prints what is broken, a line each. Ends with 0 if nothing is, 1 if something is, 2 if
// it cannot be read.

#include <callsign/testkit/promises.hpp>

#include <cstdio>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

using callsign::testkit::promises;

/// Takes what stands before the next tab.
std::string_view take_word(std::string_view& line) {
  const std::size_t stop = line.find('\t');
  const std::string_view word = line.substr(0, stop);
  line.remove_prefix(stop == std::string_view::npos ? line.size() : stop + 1);
  return word;
}

void take_line(promises& all, std::string_view line) {
  const std::string_view verb = take_word(line);
  const std::string_view who = take_word(line);
  if (verb == "admitted")
    all.admitted(who);
  else if (verb == "said")
    all.said(who, line);
  else if (verb == "heard")
    all.heard(who, line);
  else if (verb == "leaves")
    all.leaves(who);
  else if (verb == "ended")
    all.ended(who);
  else
    throw std::invalid_argument{"not a word of a recording: " + std::string{verb}};
}

callsign::testkit::promise_options read_options(int count, char** words) {
  callsign::testkit::promise_options what;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    if (word == "--speakers-hear-themselves")
      what.speakers_hear_themselves = true;
    else if (word == "--greeting" && i + 1 < count)
      what.greeting = words[++i];
    else
      throw std::invalid_argument{"not an option: " + std::string{word}};
  }
  return what;
}

} // namespace

int main(int count, char** words) {
  try {
    promises all{read_options(count, words)};
    for (std::string line; std::getline(std::cin, line);)
      take_line(all, line);
    const auto broken = all.broken();
    for (const std::string& one : broken)
      std::printf("%s\n", one.c_str());
    return broken.empty() ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
