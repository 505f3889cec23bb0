#include "net/src/beast/file_store.hpp"

#include "net/src/rules/content_type.hpp"
#include "net/src/rules/http_validators.hpp"
#include "net/src/rules/url.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <utility>

namespace callsign::beast {

namespace {

constexpr int how_to_open = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
constexpr std::size_t max_page_bytes = 256 * 1024;

} // namespace

file_store::file_store(const std::vector<memory_file>& files, const std::string& root,
                       std::string index, std::error_code& failed)
    : index_{std::move(index)} {
  for (const memory_file& f : files) {
    const auto type = f.content_type.empty() ? rules::content_type_of(f.path) : f.content_type;
    kept_.insert_or_assign(std::string{f.path},
                           kept{f.content, rules::tag_of_content(f.content), std::string{type}});
  }
  if (root.empty())
    return;
  root_ = descriptor{::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  if (!root_)
    failed = {errno, std::system_category()};
}

lookup file_store::find(std::string_view path) const {
  const auto inside = rules::file_name_of(path);
  if (!inside)
    return {};
  std::string name{*inside};
  if (name.empty() || name.back() == '/') {
    if (index_.empty())
      return {};
    name += index_;
  }
  if (const auto found = kept_.find("/" + name); found != kept_.end()) {
    lookup there{lookup::kind::file, {}};
    there.file.content = found->second.content;
    there.file.bytes = found->second.content.size();
    there.file.tag = found->second.tag;
    there.file.type = found->second.type;
    return there;
  }
  if (!index_.empty() && kept_.contains("/" + name + "/" + index_))
    return {lookup::kind::folder, {}};
  return find_on_disk(name);
}

lookup file_store::find_on_disk(const std::string& name) const {
  if (!root_)
    return {};
  int why = 0;
  descriptor open = open_below(name, why);
  if (!open) {
    const bool is_lack = why == EMFILE || why == ENFILE || why == ENOMEM;
    return {is_lack ? lookup::kind::no_means : lookup::kind::nothing, {}};
  }
  struct stat facts {};
  if (::fstat(open.get(), &facts) != 0)
    return {};
  if (S_ISDIR(facts.st_mode))
    return {lookup::kind::folder, {}};
  if (!S_ISREG(facts.st_mode))
    return {};
  lookup there{lookup::kind::file, {}};
  const auto modified_ns =
      static_cast<std::int64_t>(facts.st_mtim.tv_sec) * 1'000'000'000 + facts.st_mtim.tv_nsec;
  there.file.on_disk = std::move(open);
  there.file.bytes = static_cast<std::uint64_t>(facts.st_size);
  there.file.tag = rules::tag_of_file(there.file.bytes, modified_ns, facts.st_ino);
  there.file.modified = facts.st_mtim.tv_sec;
  there.file.type = rules::content_type_of(name);
  return there;
}

descriptor file_store::open_below(const std::string& name, int& why) const {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(how_to_open);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const long opened = ::syscall(SYS_openat2, root_.get(), name.c_str(), &how, sizeof how);
  if (opened >= 0)
    return descriptor{static_cast<int>(opened)};
  why = errno;
  if (why != ENOSYS && why != EPERM)
    return {};
  // An old kernel, or a sandbox that does not know the call: step by step, without links at all.
  descriptor folder{::fcntl(root_.get(), F_DUPFD_CLOEXEC, 0)};
  for (std::size_t begin = 0; folder;) {
    const std::size_t slash = name.find('/', begin);
    const std::string segment =
        name.substr(begin, slash == std::string::npos ? slash : slash - begin);
    const bool is_last = slash == std::string::npos;
    const int flags =
        is_last ? how_to_open | O_NOFOLLOW : O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    descriptor next{::openat(folder.get(), segment.c_str(), flags)};
    if (!next)
      why = errno;
    if (is_last)
      return next;
    folder = std::move(next);
    begin = slash + 1;
  }
  return {};
}

std::optional<std::string> file_store::read_page(const std::string& name) const {
  const lookup there = find("/" + name);
  if (there.what != lookup::kind::file || there.file.bytes > max_page_bytes)
    return std::nullopt;
  if (!there.file.on_disk)
    return std::string{there.file.content};
  std::string page(there.file.bytes, '\0');
  const ssize_t got = ::pread(there.file.on_disk.get(), page.data(), page.size(), 0);
  if (got < 0)
    return std::nullopt;
  page.resize(static_cast<std::size_t>(got));
  return page;
}

} // namespace callsign::beast
