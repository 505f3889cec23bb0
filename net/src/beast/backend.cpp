/// \file
/// Sockets behind the door.

#include "net/src/beast/heap.hpp"
#include "net/src/beast/listener.hpp"
#include "net/src/beast/site.hpp"
#include "net/src/beast/socket_thread.hpp"
#include "net/src/door/door.hpp"
#include "net/src/rules/http_text.hpp"

#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <future>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace callsign::beast {

namespace {

/// Beyond the deadline, for a thread whose io_context was stopped.
constexpr std::chrono::milliseconds last_grace{200};

class socket_service final : public door::web_service {
public:
  socket_service(std::shared_ptr<site> home, std::vector<bound> on)
      : home_{std::move(home)}, port_{on.front().where.port()} {
    for (bound& one : on) {
      const auto address = one.where.address();
      const std::string host =
          address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
      urls_.push_back("http://" + host + ":" + std::to_string(port_) + "/");
      listeners_.push_back(std::make_shared<listener>(home_, std::move(one)));
    }
    for (const auto& one : listeners_)
      one->start();
  }
  ~socket_service() override { stop(); }

  [[nodiscard]] std::uint16_t port() const noexcept override { return port_; }
  [[nodiscard]] std::vector<std::string> urls() const override { return urls_; }
  void stop_listening() override { stop(); }
  void when_drained(std::function<void()> done) override { home_->when_drained(std::move(done)); }

private:
  void stop() {
    for (const auto& one : listeners_)
      one->stop();
    home_->stop();
  }

  std::shared_ptr<site> home_;
  std::uint16_t port_;
  std::vector<std::string> urls_;
  std::vector<std::shared_ptr<listener>> listeners_;
};

/// No signal is delivered to the threads that are started while this lives.
class signals_blocked {
public:
  signals_blocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~signals_blocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  signals_blocked(const signals_blocked&) = delete;
  signals_blocked& operator=(const signals_blocked&) = delete;

private:
  sigset_t before_{};
};

[[nodiscard]] bool is_header_text(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

void check_options(const web_server_options& how, std::vector<error>& errors) {
  const auto bad = [&errors](std::string attempted, std::string remedy) {
    errors.push_back({make_error_code(errc::bad_option), std::move(attempted), std::move(remedy)});
  };
  for (const auto& [name, value] : how.headers) {
    if (!rules::is_token(name) || !is_header_text(value)) {
      bad("add the header \"" + name + "\"",
          "give a name that is a token and a value without control characters");
    }
  }
  if (!is_header_text(how.server_name))
    bad("set the Server header", "leave out control characters");
  for (const memory_file& f : how.files) {
    if (!f.path.starts_with('/'))
      bad("serve \"" + std::string{f.path} + "\"", "begin the path with a slash");
  }
}

/// One for each thread; null ones for epoll, or if one cannot be made.
[[nodiscard]] std::vector<std::unique_ptr<rings>> make_rings(std::size_t threads, io_backend how,
                                                             const door::ledger& books) {
  std::vector<std::unique_ptr<rings>> made(threads);
  if (how == io_backend::epoll)
    return made;
  try {
    for (auto& one : made)
      one = std::make_unique<rings>();
    books.log(log_level::debug, "the network uses io_uring");
  } catch (const std::system_error& e) {
    for (auto& one : made)
      one.reset();
    books.log(how == io_backend::automatic ? log_level::info : log_level::warning,
              "the network uses epoll, because io_uring cannot be used: " + e.code().message());
  }
  return made;
}

class socket_backend final : public door::backend {
public:
  socket_backend(std::size_t threads, io_backend how, std::shared_ptr<door::ledger> books)
      : books_{std::move(books)} {
    keep_memory_of_turns();
    auto with = make_rings(std::max<std::size_t>(threads, 1), how, *books_);
    for (std::size_t i = 0; i < with.size(); ++i) {
      threads_.push_back(std::make_shared<socket_thread>(i, books_, std::move(with[i])));
      faces_.push_back(threads_.back().get());
    }
  }
  ~socket_backend() override {
    static_cast<void>(stop(std::chrono::steady_clock::now() + last_grace));
  }

  [[nodiscard]] const std::vector<door::io_thread*>& threads() const noexcept override {
    return faces_;
  }

  void start() override {
    const signals_blocked quiet;
    for (const auto& one : threads_) {
      std::promise<void> done;
      ended_.push_back(done.get_future());
      running_.emplace_back([one, done = std::move(done)]() mutable {
        one->run();
        done.set_value();
      });
    }
  }

  [[nodiscard]] std::shared_ptr<door::web_service> listen(const web_server_options& how,
                                                          std::shared_ptr<door::front_desk> desk,
                                                          std::vector<error>& errors) override {
    std::vector<error> failed;
    check_options(how, failed);
    std::vector<socket_thread*> threads;
    for (const auto& one : threads_)
      threads.push_back(one.get());
    std::error_code bad_root;
    auto home = std::make_shared<site>(how, std::move(desk), books_, std::move(threads), bad_root);
    if (bad_root) {
      failed.push_back({bad_root, "serve the folder " + how.root,
                        "choose a folder that exists and may be read"});
    }
    auto on = bind_all(how, *books_, failed);
    if (!failed.empty()) {
      errors.insert(errors.end(), failed.begin(), failed.end());
      return nullptr;
    }
    const std::lock_guard hold{lock_};
    if (is_stopped_) {
      errors.push_back({make_error_code(errc::shutting_down), "start the web server",
                        "make new workers and a new server"});
      return nullptr;
    }
    auto service = std::make_shared<socket_service>(std::move(home), std::move(on));
    std::erase_if(services_, [](const auto& one) { return one.expired(); });
    services_.push_back(service);
    return service;
  }

  bool stop(rules::time_point deadline) override {
    std::vector<std::weak_ptr<socket_service>> services;
    {
      const std::lock_guard hold{lock_};
      is_stopped_ = true;
      services.swap(services_);
    }
    for (const auto& one : services) {
      if (const auto service = one.lock())
        service->stop_listening();
    }
    for (const auto& one : threads_)
      one->finish();
    bool is_clean = true;
    for (std::size_t i = 0; i < running_.size(); ++i) {
      if (ended_[i].wait_until(deadline) != std::future_status::ready) {
        is_clean = false;
        threads_[i]->context().stop();
        if (ended_[i].wait_for(last_grace) != std::future_status::ready) {
          books_->log(log_level::error,
                      "I/O thread " + std::to_string(i) + " did not end; it is left behind");
          running_[i].detach();
          continue;
        }
        running_[i].join();
        books_->log(log_level::error, "I/O thread " + std::to_string(i) +
                                          " was busy at the end of everything; its lines are cut");
        threads_[i]->end_leftovers();
        continue;
      }
      running_[i].join();
    }
    running_.clear();
    ended_.clear();
    return is_clean;
  }

private:
  std::shared_ptr<door::ledger> books_;
  std::vector<std::shared_ptr<socket_thread>> threads_;
  std::vector<door::io_thread*> faces_;
  std::vector<std::thread> running_;
  std::vector<std::future<void>> ended_;
  std::mutex lock_;
  bool is_stopped_ = false;                             ///< guarded by lock_
  std::vector<std::weak_ptr<socket_service>> services_; ///< guarded by lock_
};

} // namespace

} // namespace callsign::beast

namespace callsign::door {

std::unique_ptr<backend> make_socket_backend(std::size_t threads, io_backend how,
                                             std::shared_ptr<ledger> books) {
  return std::make_unique<beast::socket_backend>(threads, how, std::move(books));
}

} // namespace callsign::door
