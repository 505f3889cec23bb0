// Names and numbers: rules W-2, W-5, W-6, W-7, W-46, W-77.

#include "actors/src/directory.hpp"
#include "actors/src/utf8.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace {

using namespace callsign;
using namespace callsign::detail;
using namespace std::string_literals;

// -- what is a name (W-5) -------------------------------------------------------------------------

class GoodName : public testing::TestWithParam<std::string> {};
TEST_P(GoodName, IsTaken) { EXPECT_NO_THROW(directory::check_name(GetParam())); }
INSTANTIATE_TEST_SUITE_P(Some, GoodName,
                         testing::Values("a", "WebSocketServer", "with a space", "$local", "main",
                                         "ünïcode", "名前", "\xF0\x9F\x92\xAC", "\xC2\xA0",
                                         std::string(255, 'x'), "a/b\\c\"d"));

class BadName : public testing::TestWithParam<std::string> {};
TEST_P(BadName, IsRefused) {
  EXPECT_THROW(directory::check_name(GetParam()), std::invalid_argument);
}
INSTANTIATE_TEST_SUITE_P(Some, BadName,
                         testing::Values("", std::string(256, 'x'), "a\nb", "a\tb", "\x7F", "a\0b"s,
                                         "\x1B[0m", "\xC2\x80", "\xC2\x9F", "\xFF", "\xC3",
                                         "\xED\xA0\x80", "a\x80"));

// -- UTF-8 ----------------------------------------------------------------------------------------

/// All that a decoder written straight from the definition accepts, and nothing else.
bool is_utf8_by_definition(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    const auto lead = static_cast<unsigned char>(bytes[i]);
    std::size_t length = 0;
    unsigned long value = 0;
    unsigned long least = 0;
    if (lead < 0x80) {
      length = 1, value = lead;
    } else if ((lead & 0xE0) == 0xC0) {
      length = 2, value = lead & 0x1F, least = 0x80;
    } else if ((lead & 0xF0) == 0xE0) {
      length = 3, value = lead & 0x0F, least = 0x800;
    } else if ((lead & 0xF8) == 0xF0) {
      length = 4, value = lead & 0x07, least = 0x10000;
    } else {
      return false;
    }
    if (i + length > bytes.size())
      return false;
    for (std::size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(bytes[i + k]);
      if ((next & 0xC0) != 0x80)
        return false;
      value = (value << 6) | (next & 0x3F);
    }
    if (value < least || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
      return false;
    i += length;
  }
  return true;
}

TEST(Utf8, AgreesWithTheDefinitionOnEverySequenceOfUpToThreeBytes) {
  std::string bytes;
  for (int a = 0; a < 256; ++a) {
    bytes = {static_cast<char>(a)};
    ASSERT_EQ(is_utf8(bytes), is_utf8_by_definition(bytes)) << a;
    for (int b = 0; b < 256; ++b) {
      bytes = {static_cast<char>(a), static_cast<char>(b)};
      ASSERT_EQ(is_utf8(bytes), is_utf8_by_definition(bytes)) << a << ' ' << b;
      for (int c = 0; c < 256; c += 3) {
        bytes = {static_cast<char>(a), static_cast<char>(b), static_cast<char>(c)};
        ASSERT_EQ(is_utf8(bytes), is_utf8_by_definition(bytes)) << a << ' ' << b << ' ' << c;
      }
    }
  }
}

TEST(Utf8, AgreesWithTheDefinitionAtTheEdgesOfFourBytes) {
  for (const int a : {0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5}) {
    for (int b = 0x7F; b <= 0xC0; ++b) {
      for (const int c : {0x7F, 0x80, 0xBF, 0xC0}) {
        for (const int d : {0x7F, 0x80, 0xBF, 0xC0}) {
          const std::string bytes{static_cast<char>(a), static_cast<char>(b), static_cast<char>(c),
                                  static_cast<char>(d)};
          ASSERT_EQ(is_utf8(bytes), is_utf8_by_definition(bytes))
              << a << ' ' << b << ' ' << c << ' ' << d;
        }
      }
    }
  }
}

TEST(Utf8, EverySequenceThatIsCutShortIsRefused) {
  for (const std::string_view whole : {"\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x92\xAC"}) {
    for (std::size_t n = 1; n < whole.size(); ++n)
      EXPECT_FALSE(is_utf8(whole.substr(0, n)));
    EXPECT_TRUE(is_utf8(whole));
  }
}

// -- the directory --------------------------------------------------------------------------------

TEST(Directory, MakesOneSlotForOneName) {
  directory names;
  const auto bob = names.entry_of("bob", runs_on::pool);
  EXPECT_EQ(names.entry_of("bob", runs_on::own_thread), bob);
  EXPECT_EQ(bob->kind(), runs_on::pool);
}

TEST(Directory, NamesAreCaseSensitive) {
  directory names;
  EXPECT_NE(names.entry_of("job", runs_on::pool), names.entry_of("Job", runs_on::pool));
}

TEST(Directory, LookingForANameMakesNothing) {
  directory names;
  EXPECT_EQ(names.find("bob"), nullptr);
  EXPECT_EQ(names.find("not\na name"), nullptr);
  EXPECT_TRUE(names.all().empty());
}

TEST(Directory, ABadNameIsRefusedAndNotEntered) {
  directory names;
  EXPECT_THROW(std::ignore = names.entry_of("", runs_on::pool), std::invalid_argument);
  EXPECT_TRUE(names.all().empty());
}

TEST(Directory, FindsANumberUntilItIsRemoved) {
  directory names;
  const auto bob = names.entry_of("bob", runs_on::pool);
  names.add_number(42, *bob);
  EXPECT_EQ(names.find(42), bob);
  EXPECT_EQ(names.find(43), nullptr);
  names.remove_number(42);
  EXPECT_EQ(names.find(42), nullptr);
}

TEST(Directory, OnceShutGivesNewNamesSlotsInWhichNobodyEverLives) {
  struct no_numbers final : registrar {
    birth enrol(std::shared_ptr<slot>) override {
      ADD_FAILURE() << "an incarnation has begun";
      return {};
    }
  } book;
  directory names;
  const auto bob = names.entry_of("bob", runs_on::pool);

  EXPECT_EQ(names.shut().size(), 1u);

  const auto eve = names.entry_of("eve", runs_on::pool);
  EXPECT_EQ(eve->post({.run = [] {}}, 0, book).result, call_result::shutting_down);
  EXPECT_EQ(names.find("bob"), bob);
}

} // namespace
