// Methods called by name: rules W-12 to W-14, W-20 and W-78.

#include <callsign/testkit/world.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace shop {

struct line {
  std::string what;
  std::uint16_t pieces = 0;
};

struct order {
  std::int64_t id = 0;
  std::vector<line> lines;
  std::optional<std::string> remark;
};

} // namespace shop

template <>
constexpr auto callsign::structure_of<shop::line> =
    callsign::structure("line", callsign::field{"what", &shop::line::what},
                        callsign::field{"pieces", &shop::line::pieces});
template <>
constexpr auto callsign::structure_of<shop::order> = callsign::structure(
    "order", callsign::field{"id", &shop::order::id}, callsign::field{"lines", &shop::order::lines},
    callsign::field{"remark", &shop::order::remark});

/// The customisation point for what is no structure.
template <>
struct callsign::value_traits<std::chrono::milliseconds> {
  static std::string name() { return "milliseconds"; }
  static value to(std::chrono::milliseconds what) { return to_value(what.count()); }
  static std::chrono::milliseconds from(const value& what) {
    return std::chrono::milliseconds{from_value<std::int64_t>(what)};
  }
};

namespace {

using namespace callsign;
using namespace std::chrono_literals;
using callsign::testkit::mail;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Methods : public testing::Test, public testkit::world {
protected:
  Methods() {
    workers().define("note", [this](worker& self, const std::string& what, int count) {
      noted.push_back(self.name() + ": " + what + " × " + std::to_string(count));
    });
    workers().define("tick", [this] { noted.emplace_back("tick"); });
    workers().define("length", [](const std::string& of) { return of.size(); });
  }

  /// What goes wrong at a call.
  template <class Call>
  error refusal_of(const Call& call) {
    try {
      call();
    } catch (const failure& why) {
      return why.why();
    }
    return {};
  }

  std::vector<std::string> noted;
};

// W-12
TEST_F(Methods, AMethodIsCalledByItsNameAndMakesTheWorker) {
  EXPECT_EQ(workers().call("bob", "note", "eggs", 3), call_result::created);
  EXPECT_EQ(workers().call(workers().number_of("bob"), "note", std::string{"milk"}, 1),
            call_result::queued);
  expect(mail::task).to("bob");
  expect(mail::task).to("bob");

  EXPECT_THAT(noted, ElementsAre("bob: eggs × 3", "bob: milk × 1"));
  expect_silence();
}

// W-12: text is a method's name, a closure is a task, whatever their form.
TEST_F(Methods, TextIsAMethodAndAClosureIsATask) {
  const std::string name = "tick";
  workers().call("bob", name);
  workers().call("bob", std::string_view{name});
  workers().call("bob", name.c_str());
  workers().call("bob", [this] { noted.emplace_back("closure"); });
  inject([](worker& self) { self.call("bob", "tick"); }).to("ana");
  run();
  EXPECT_THAT(noted, ElementsAre("tick", "tick", "tick", "closure", "tick"));
  EXPECT_THROW(workers().call("bob", nullptr), std::invalid_argument) << "an empty task";
}

// W-12
TEST_F(Methods, TheErrorHandlerIsToldWhereTheMethodWasCalled) {
  workers().define("fail", [] { throw std::runtime_error("as it must"); });
  std::vector<std::string> heard;
  workers().on_error(
      [&](const task_error& what) { heard.push_back(what.label + ' ' + what.what); });
  workers().call("bob", "fail");
  const std::string here = "methods_test.cpp:" + std::to_string(__LINE__ - 1);
  run();
  EXPECT_THAT(heard, ElementsAre(here + " as it must"));
}

// W-13
TEST_F(Methods, AnEmptyNameRepeatsTheMethodThatMadeTheWorker) {
  workers().call("bob", "note", "eggs", 3);
  workers().call("bob", "tick");
  EXPECT_EQ(workers().call("bob", "", "milk", 1), call_result::queued);
  EXPECT_EQ(workers().call(workers().number_of("bob"), "", "salt", 2), call_result::queued);
  run();
  EXPECT_THAT(noted, ElementsAre("bob: eggs × 3", "tick", "bob: milk × 1", "bob: salt × 2"));
}

// W-13
TEST_F(Methods, TheNextIncarnationHasItsOwnStartupMethod) {
  workers().call("bob", "note", "eggs", 3);
  run();
  workers().kill("bob");
  EXPECT_EQ(workers().call("bob", "tick"), call_result::queued) << "for the next";
  EXPECT_EQ(workers().call("bob", ""), call_result::queued);
  run();
  EXPECT_THAT(noted, ElementsAre("bob: eggs × 3", "tick", "tick"));

  workers().kill("bob");
  run();
  EXPECT_EQ(workers().call("bob", ""), call_result::no_startup_method) << "it was made by this";
  EXPECT_NE(workers().number_of("bob"), 0u);
}

// W-13, W-42
TEST_F(Methods, AnAbortKeepsTheStartupMethod) {
  workers().call("bob", "tick");
  run();
  workers().abort("bob");
  run();
  workers().call("bob", [] {}); // the next incarnation may begin with anything
  workers().abort("bob");
  workers().call("bob", [] {});
  run();
  EXPECT_THAT(noted, ElementsAre("tick"));

  workers().kill("bob");
  run();
  workers().call("eve", "tick");
  workers().call("eve", [] {});
  workers().abort("eve");
  run();
  EXPECT_EQ(workers().call("eve", ""), call_result::queued);
  run();
  EXPECT_THAT(noted, ElementsAre("tick", "tick", "tick"));
}

// W-13: what is hired was made by nobody's call.
TEST_F(Methods, TheFirstMethodOfAHiredWorkerIsItsStartupMethod) {
  workers().hire("bob", runs_on::own_thread);
  EXPECT_EQ(workers().call("bob", ""), call_result::no_startup_method);
  workers().call("bob", [] {});
  workers().call("bob", "tick");
  workers().call("bob", "note", "eggs", 3);
  EXPECT_EQ(workers().call("bob", ""), call_result::queued);
  run();
  EXPECT_THAT(noted, ElementsAre("tick", "bob: eggs × 3", "tick"));
}

// W-14
TEST_F(Methods, AnEmptyNameDoesNothingWhereNoMethodMadeTheWorker) {
  workers().call("bob", [] {});
  workers().call("bob", "tick");
  EXPECT_EQ(workers().call("bob", ""), call_result::no_startup_method);
  EXPECT_EQ(workers().call(main_worker, ""), call_result::no_startup_method);
  workers().call(main_worker, "tick");
  EXPECT_EQ(workers().call(main_worker, ""), call_result::no_startup_method);
  EXPECT_EQ(workers().call(9999, ""), call_result::no_such_worker);
  run();
  EXPECT_THAT(noted, ElementsAre("tick", "tick"));
}

// W-78
TEST_F(Methods, AnUnknownMethodIsAnErrorAtTheCallThatListsWhatIsDefined) {
  const auto why = refusal_of([&] { workers().call("bob", "nota", 1); });

  EXPECT_EQ(why.code, errc::unknown_method);
  EXPECT_EQ(why.message(), "cannot call the method \"nota\": there is no such method; defined are: "
                           "length(text), note(text, integer of 32 bits), tick()");
  EXPECT_NE(workers().number_of("bob"), 0u) << "the worker is made all the same";
  run();
  EXPECT_THAT(noted, IsEmpty());
}

// W-20
TEST_F(Methods, AWrongNumberOfArgumentsIsAnErrorAtTheCall) {
  for (const auto& why : {refusal_of([&] { workers().call("bob", "note", "eggs"); }),
                          refusal_of([&] { workers().call("bob", "note", "eggs", 1, 2); })}) {
    EXPECT_EQ(why.code, errc::wrong_arguments);
    EXPECT_THAT(why.message(), AllOf(HasSubstr("\"note\""), HasSubstr("2 arguments expected"),
                                     HasSubstr("it is note(text, integer of 32 bits)")));
  }
  EXPECT_NE(workers().number_of("bob"), 0u) << "the worker is made all the same";
}

// W-20
TEST_F(Methods, AWrongTypeIsAnErrorAtTheCallThatSaysWhatWasExpected) {
  const auto text_of = [&](const auto&... arguments) {
    const auto why = refusal_of([&] { workers().call("bob", "note", arguments...); });
    EXPECT_EQ(why.code, errc::wrong_arguments);
    return why.remedy;
  };
  const std::string it_is = "; it is note(text, integer of 32 bits)";
  EXPECT_EQ(text_of(7, 3), "argument 1: text expected, integer 7 given" + it_is);
  EXPECT_EQ(text_of("eggs", "three"),
            "argument 2: integer of 32 bits expected, text given" + it_is);
  EXPECT_EQ(text_of("eggs", 2.5), "argument 2: integer of 32 bits expected, number given" + it_is);
  EXPECT_EQ(text_of("eggs", true),
            "argument 2: integer of 32 bits expected, boolean given" + it_is);
  EXPECT_EQ(text_of("eggs", std::int64_t{1} << 40),
            "argument 2: integer of 32 bits expected, integer 1099511627776 given" + it_is);
  run();
  EXPECT_THAT(noted, IsEmpty());
}

TEST_F(Methods, EverySerialisableTypeComesAsItWasGiven) {
  shop::order got;
  workers().define("order", [&](const shop::order& what, std::map<std::string, double> prices,
                                std::optional<bool> is_urgent, std::uint64_t stamp,
                                std::chrono::milliseconds within, float weight) {
    got = what;
    EXPECT_THAT(prices, ElementsAre(std::pair{"eggs", 0.25}, std::pair{"milk", 1.0}));
    EXPECT_EQ(is_urgent, std::nullopt);
    EXPECT_EQ(stamp, ~std::uint64_t{0});
    EXPECT_EQ(within, 250ms);
    EXPECT_EQ(weight, 2.0F);
  });
  workers().call("bob", "order", shop::order{7, {{"eggs", 6}, {"milk", 1}}, "soon"},
                 std::map<std::string, double>{{"eggs", 0.25}, {"milk", 1.0}},
                 std::optional<bool>{}, ~std::uint64_t{0}, 250ms, 2);
  run();

  EXPECT_EQ(got.id, 7);
  ASSERT_EQ(got.lines.size(), 2u);
  EXPECT_EQ(got.lines[0].what, "eggs");
  EXPECT_EQ(got.lines[0].pieces, 6);
  EXPECT_EQ(got.remark, "soon");
}

// The seam for calls that come as text.
TEST_F(Methods, ArgumentsMayComeAsValuesAndErrorsInsideThemSayWhere) {
  std::int64_t id = 0;
  workers().define("order", [&](const shop::order& what) { id = what.id; });
  using list = value::list;
  using structure = value::structure;
  const auto call = [&](structure order) {
    return refusal_of([&] { workers().call_with("bob", "order", {value{std::move(order)}}); })
        .remedy;
  };
  const value seven{std::int64_t{7}};

  EXPECT_EQ(call({{"id", seven}, {"lines", {list{}}}}), "") << "a remark may be missing";
  run();
  EXPECT_EQ(id, 7);
  EXPECT_THAT(call({{"id", seven}}),
              HasSubstr("argument 1: in \"lines\" of order: list of line expected, nothing given"));
  EXPECT_THAT(call({{"id", seven}, {"lines", {list{{structure{{"what", {"eggs"}}}}}}}}),
              HasSubstr("in \"lines\" of order: in element 1: in \"pieces\" of line: unsigned "
                        "integer of 16 bits expected, nothing given"));
  EXPECT_THAT(call({{"id", seven}, {"lines", {list{}}}, {"remarks", {}}}),
              HasSubstr("order has no \"remarks\""));
}

TEST_F(Methods, AMethodIsAskedAndDelayedLikeAnyClosure) {
  auto coming = workers().ask("ana", workers().method<std::size_t>("length", "eggs"));
  EXPECT_EQ(coming.get(), 4u);

  inject([this](worker& self) {
    self.ask("ana", workers().method<value>("length", "milk!"), [this](worker&, answer<value> got) {
      noted.push_back(std::to_string(std::get<std::int64_t>(got->held)));
    });
  }).to("bob");
  run();
  EXPECT_THAT(noted, ElementsAre("5"));

  const auto again = workers().call_every(1s, "eve", workers().method("note", "bell", 1));
  clock().advance(1s);
  run();
  clock().advance(1s);
  run();
  again.cancel();
  EXPECT_THAT(noted, ElementsAre("5", "eve: bell × 1", "eve: bell × 1"));
}

TEST_F(Methods, AskedForAnotherTypeAMethodSaysWhatItAnswers) {
  const auto why =
      refusal_of([&] { static_cast<void>(workers().method<std::string>("length", "x")); });
  EXPECT_EQ(why.code, errc::wrong_arguments);
  EXPECT_THAT(why.remedy, HasSubstr("it answers unsigned integer of 64 bits"));
}

TEST_F(Methods, AMethodIsDefinedOnce) {
  EXPECT_THROW(workers().define("tick", [] {}), std::invalid_argument);
  EXPECT_THROW(workers().define("", [] {}), std::invalid_argument);
}

// W-81
TEST_F(Methods, WhileTheSetEndsMethodsAreDroppedAndCounted) {
  workers().call("bob", "tick");
  run();
  workers().stop();
  EXPECT_EQ(workers().call("bob", "tick"), call_result::shutting_down);
  EXPECT_EQ(workers().dropped_at_shutdown(), 1u);
}

// W-14, W-81
TEST_F(Methods, WhileTheSetEndsAnEmptyNameIsNoSecret) {
  workers().stop();
  EXPECT_EQ(workers().call("bob", ""), call_result::shutting_down);
}

} // namespace
