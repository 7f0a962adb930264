// The Linux calls that Glibc's module map leaves out. In C because they are macros, variadic or
// missing from the headers that Swift imports.
#pragma once
#include <errno.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/// A descriptor that becomes readable when process `pid` ends; -1 and errno on failure.
/// Close-on-exec always (pidfd_open(2)).
static inline int martlet_pidfd_open(pid_t pid) {
  return (int)syscall(SYS_pidfd_open, pid, 0);
}

/// Sends `signal` to the very process behind `pidfd`, which cannot be a recycled pid.
static inline int martlet_pidfd_send_signal(int pidfd, int signal) {
  return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

/// Orphaned descendants become children of this process instead of init's (prctl(2)).
static inline int martlet_become_subreaper(void) {
  return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

// <fcntl.h> would make this module an owner of `struct stat`, which Swift then misses wherever only Glibc is
// imported: the flags of openat(2) are written out.
#if defined(__aarch64__) || defined(__arm__)
#define MARTLET_NOFOLLOW 0100000
#else
#define MARTLET_NOFOLLOW 0400000
#endif

/// A descriptor that means the file of that name and nothing more, without following a link; -1 and errno
/// on failure (open(2): O_PATH, O_CLOEXEC, O_NOFOLLOW, from the current folder).
static inline int martlet_open_name(const char *path) {
  return (int)syscall(SYS_openat, -100, path, 010000000 | 02000000 | MARTLET_NOFOLLOW);
}

/// The calling process gets `signal` when its parent thread dies (prctl(2)); set between fork and
/// exec it survives the exec.
static inline int martlet_die_with_parent(int signal) {
  return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0);
}

/// A file in memory that goes to no child; -1 and errno on failure (memfd_create(2), MFD_CLOEXEC).
static inline int martlet_memory_file(const char *name) {
  return (int)syscall(SYS_memfd_create, name, 1u);
}

/// Takes `bytes` of disk for a file without changing its length, or as its length; an error number or 0
/// (fallocate(2)).
static inline int martlet_reserve(int descriptor, off_t bytes, int keeps_length) {
  return syscall(SYS_fallocate, descriptor, keeps_length ? 1 : 0, (off_t)0, bytes) < 0 ? errno : 0;
}

#include <spawn.h>
// GNU extensions of spawn.h, which Swift's view of the header leaves out.
extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *, const char *);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *, int);

/// The child starts in `path`; an error number or 0 (posix_spawn_file_actions_addchdir_np(3)).
static inline int martlet_spawn_chdir(posix_spawn_file_actions_t *actions, const char *path) {
  return posix_spawn_file_actions_addchdir_np(actions, path);
}

/// The child gets no descriptor from `first` on; an error number or 0.
static inline int martlet_spawn_closefrom(posix_spawn_file_actions_t *actions, int first) {
  return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

/// The child begins a session of its own, with no signal blocked and none ignored; an error number
/// or 0 (posix_spawnattr_setflags(3)).
static inline int martlet_spawn_afresh(posix_spawnattr_t *attributes) {
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(attributes, &none);
  posix_spawnattr_setsigdefault(attributes, &all);
  // POSIX_SPAWN_SETSID is 0x80 in glibc since 2.26.
  return posix_spawnattr_setflags(
      attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | 0x80);
}
