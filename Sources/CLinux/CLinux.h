// The Linux calls that Glibc's module map leaves out. In C because they are macros, variadic or
// missing from the headers that Swift imports.
#pragma once
#include <errno.h>
#include <signal.h>
#include <sys/eventfd.h>
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

/// The calling process gets `signal` when its parent thread dies (prctl(2)); set between fork and
/// exec it survives the exec.
static inline int martlet_die_with_parent(int signal) {
  return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0);
}
