#include "actors/src/pool.hpp"

#include "actors/src/long_time.hpp"
#include "actors/src/worker_system.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace callsign::detail {

namespace {

constexpr std::size_t most_members = 1000;

pool_options checked(pool_options options) {
  if (options.most == 0)
    options.most = options.least;
  if (options.least == 0 || options.least > options.most || options.most > most_members)
    throw std::invalid_argument("a pool has between 1 and 1000 members, and not more at the least "
                                "than at the most");
  if (options.grow_at == 0 || options.shrink_after <= std::chrono::milliseconds{0})
    throw std::invalid_argument("a pool grows and shrinks at numbers above zero");
  options.shrink_after = in_range(options.shrink_after);
  return options;
}

/// Spreads buckets over members so that one member more or less moves as few as possible.
/// @source J. Lamping, E. Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm" (2014)
std::size_t place_among(std::uint64_t bucket, std::size_t members) {
  std::uint64_t random = bucket * 0x9E3779B97F4A7C15U;
  std::size_t found = 0;
  double next = 0;
  while (next < static_cast<double>(members)) {
    found = static_cast<std::size_t>(next);
    random = random * 2862933555777941757U + 1;
    next = (static_cast<double>(found) + 1) *
           (static_cast<double>(std::uint64_t{1} << 31) / static_cast<double>((random >> 33) + 1));
  }
  return found;
}

} // namespace

/// A call with a key; its bucket knows of it until all of it is destroyed.
class pool::counted_call {
public:
  counted_call(std::atomic<std::uint32_t>& in, task what) noexcept
      : in_{&in}, what_{std::move(what)} {
    in.fetch_add(1, std::memory_order_relaxed);
  }
  counted_call(counted_call&& other) noexcept
      : in_{std::exchange(other.in_, nullptr)}, what_{std::move(other.what_)} {}
  counted_call& operator=(counted_call&&) = delete;
  ~counted_call() {
    what_ = nullptr;
    if (in_ != nullptr)
      in_->fetch_sub(1, std::memory_order_release);
  }
  void operator()(worker& self) { what_(self); }
  void dropped(drop_reason why) noexcept { what_.drop(why); }

private:
  std::atomic<std::uint32_t>* in_;
  task what_;
};

pool::pool(worker_system& system, std::string name, pool_options options)
    : system_{system}, name_{std::move(name)}, options_{checked(options)},
      last_used_(options_.most), active_{options_.least} {
  for (std::size_t i = 1; i <= options_.most; ++i) {
    const auto& who = system_.names().entry_of(name_ + '/' + std::to_string(i), options_.where);
    if (who->kind() != options_.where || who->as_pool() != nullptr) {
      throw failure{{make_error_code(errc::worker_kind_differs), "hire the pool \"" + name_ + '"',
                     "the name \"" + who->name() + "\" is in use: choose another one"}};
    }
    who->note_idleness();
    members_.push_back(who);
  }
}

bool pool::is_member(const slot& who) const noexcept {
  return std::ranges::any_of(members_, [&](const auto& one) { return one.get() == &who; });
}

const std::shared_ptr<slot>& pool::choose(const std::optional<std::string_view>& key, task& what) {
  const auto now = system_.clock().now();
  const std::scoped_lock guard{lock_};
  std::size_t chosen = 0;
  if (key) {
    chosen = member_for(*key, what);
  } else if (options_.by == sharing::least_loaded) {
    chosen = least_loaded();
  } else {
    chosen = next_++ % active_;
  }
  if (active_ < options_.most && members_[chosen]->load() >= options_.grow_at) {
    last_used_[active_] = now;
    if (!key)
      chosen = active_;
    ++active_;
    look_later(now);
  }
  last_used_[chosen] = now;
  return members_[chosen];
}

std::size_t pool::member_for(std::string_view key, task& what) {
  const auto at = std::hash<std::string_view>{}(key) % buckets_.size();
  auto& in = buckets_[at];
  // Nobody but this function begins a call, and it is under the lock.
  if (in.under_way.load(std::memory_order_acquire) == 0)
    in.member = place_among(at, active_);
  what = counted_call{in.under_way, std::move(what)};
  return in.member;
}

std::size_t pool::least_loaded() const {
  std::size_t best = 0;
  std::size_t fewest = members_.front()->load();
  for (std::size_t i = 1; i < active_ && fewest != 0; ++i) {
    if (const auto load = members_[i]->load(); load < fewest) {
      best = i;
      fewest = load;
    }
  }
  return best;
}

void pool::reset() {
  const std::scoped_lock guard{lock_};
  active_ = options_.least;
}

void pool::look_later(time_point now) {
  if (!std::exchange(is_armed_, true))
    system_.wheel().arm(shared_from_this(), now + options_.shrink_after);
}

bool pool::is_superfluous(std::size_t member, const slot::idleness& idle,
                          time_point now) const noexcept {
  return std::max(idle.since, last_used_[member]) + options_.shrink_after <= now;
}

void pool::due() noexcept {
  const auto now = system_.clock().now();
  std::vector<std::pair<std::shared_ptr<slot>, slot::idleness>> leave;
  {
    const std::scoped_lock guard{lock_};
    is_armed_ = false;
    for (; active_ > options_.least; --active_) {
      const auto idle = members_[active_ - 1]->idle();
      if (!idle || !is_superfluous(active_ - 1, *idle, now))
        break;
    }
    // Also one that a key kept busy when it should have gone, or whom somebody called by its name.
    bool is_all = active_ == options_.least;
    for (auto i = active_; i < members_.size(); ++i) {
      const auto idle = members_[i]->idle();
      is_all = is_all && idle && idle->number == 0;
      if (idle && idle->number != 0 && is_superfluous(i, *idle, now))
        leave.emplace_back(members_[i], *idle);
    }
    if (!is_all)
      look_later(now);
  }
  for (const auto& [who, idle] : leave)
    system_.retire(who, idle);
}

void worker_system::hire_pool(std::string_view name, const pool_options& options) {
  directory::check_name(name);
  const auto made = std::make_shared<pool>(*this, std::string{name}, options);
  const auto& to = directory_.entry_of(name, runs_on::pool);
  {
    const std::scoped_lock guard{lock_};
    pools_.push_back(made);
  }
  if (!to->become(*made)) {
    {
      const std::scoped_lock guard{lock_};
      std::erase(pools_, made);
    }
    throw failure{
        {make_error_code(errc::worker_kind_differs), "hire the pool \"" + made->name() + '"',
         "kill the worker of that name first, or hire the pool once, before it is called"}};
  }
}

call_result worker_system::call_keyed(const keyed& to, task&& what, std::source_location where,
                                      const method* by) {
  const auto& found = directory_.entry_of(to.name, runs_on::pool);
  pool* const among = found->as_pool();
  if (among == nullptr || !what)
    return call_from(sender_here(), to.name, std::move(what), where, by);
  return call_member(*among, to.key, sender_here(), std::move(what), where, by);
}

call_result worker_system::call_member(pool& of, const std::optional<std::string_view>& key,
                                       worker_number sender, task&& what,
                                       std::source_location where, const method* by) {
  const auto& chosen = of.choose(key, what);
  return call_slot(chosen, sender, std::move(what), where, by);
}

bool worker_system::is_found_under(std::string_view name, const slot& who) const {
  if (who.is_main())
    return false;
  const auto& found = directory_.find(name);
  if (found == nullptr)
    return false;
  const pool* const among = found->as_pool();
  return among == nullptr ? found.get() == &who : among->is_member(who);
}

void worker_system::retire(const std::shared_ptr<slot>& who, const slot::idleness& idle) noexcept {
  post_event(who, idle.number,
             entry{.kind = entry_kind::timer,
                   .where = std::source_location::current(),
                   .run = [handled = idle.handled](worker& self) {
                     self.incarnation().retire_if_idle(handled);
                   }});
}

} // namespace callsign::detail

namespace callsign {

void workers::hire_pool(std::string_view name, const pool_options& options) {
  system_->hire_pool(name, options);
}

std::vector<worker_info> workers::members(std::string_view pool) const {
  std::vector<worker_info> all;
  const auto& found = system_->names().find(pool);
  if (const auto* of = found == nullptr ? nullptr : found->as_pool()) {
    for (const auto& one : of->members()) {
      if (auto now = one->info())
        all.push_back(std::move(*now));
    }
  }
  std::ranges::sort(all, {}, &worker_info::number);
  return all;
}

call_result workers::call(const keyed& to, task what, std::source_location where) {
  return system_->call_keyed(to, std::move(what), where);
}

call_result worker::call(const keyed& to, task what, std::source_location where) {
  return self_.system().call_keyed(to, std::move(what), where);
}

} // namespace callsign
