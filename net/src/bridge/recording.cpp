#include "net/src/bridge/recording.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

namespace callsign::detail {

namespace {

/// Writes down the order in which workers handle their entries.
class entry_notes final : public entry_watcher {
public:
  explicit entry_notes(std::shared_ptr<door::recorder> notes) : notes_{std::move(notes)} {}

  void runs(const std::string& worker, const entry& what) override {
    rules::json_line line;
    line.add("worker", worker).add("kind", to_string(what.kind)).add("given", label_of(what.where));
    // Callers are known by number, which is another one in the next run.
    if ((what.sender & client_mark) != 0)
      line.add("client", what.sender & ~client_mark);
    notes_->write(std::move(line), "runs");
  }
  void notices_end(const std::string& worker) override {
    rules::json_line line;
    line.add("worker", worker);
    notes_->write(std::move(line), "notices_end");
  }

private:
  std::shared_ptr<door::recorder> notes_;
};

/// Opens a new file that only its owner may read.
std::FILE* open_new(const std::string& name) {
  const int fd = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  std::FILE* file = fd < 0 ? nullptr : ::fdopen(fd, "wb");
  if (file != nullptr)
    return file;
  const int why = errno;
  if (fd >= 0)
    ::close(fd);
  door::recorder::refuse(name, why);
}

} // namespace

std::shared_ptr<door::recorder> begin_recording(worker_system& workers,
                                                const network_options& options,
                                                std::size_t io_threads,
                                                const std::shared_ptr<door::ledger>& books) {
  if (options.record.file.empty())
    return nullptr;
  if (workers.watcher() != nullptr) {
    throw failure{{make_error_code(errc::bad_option), "record into " + options.record.file,
                   "record once for each set of workers: make new workers for another recording"}};
  }
  auto notes = std::make_shared<door::recorder>(
      open_new(options.record.file), options.record, io_threads, options.max_buffered_bytes,
      workers.draw_from(0), books, [clock = workers.shared_clock()] { return clock->now(); });
  workers.set_watcher(std::make_shared<entry_notes>(notes));
  return notes;
}

} // namespace callsign::detail
