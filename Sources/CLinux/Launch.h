// Starts a process inside a control group. In C because between fork and exec only what is async-signal-safe
// may be called, which Swift's runtime is not.
#pragma once
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/// The arguments of clone3(2) up to `cgroup`, as Linux 5.7 has them.
struct martlet_clone_arguments {
  uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
      set_tid_size, cgroup;
};

/// Starts `program` as a member of the control group behind the descriptor `group` (clone3(2), CLONE_INTO_CGROUP), so
/// that there is no moment in which it, or anything it starts, is outside. As with `martlet_spawn_afresh` it begins
/// a session, with no signal blocked or ignored; stdin is empty, output goes to `log`, nothing else is open.
///
/// Its pid; -1 and errno when it could not be started. `*executed` tells whether exec was what failed: 0 when there was
/// no process at all, such as where seccomp forbids clone3.
static inline pid_t martlet_launch_into_group(
    int group, const char *program, char *const *words, char *const *variables,
    const char *directory, int log, int *executed) {
  *executed = 0;
  int report[2];
  // O_CLOEXEC
  if (syscall(SYS_pipe2, report, 02000000) < 0) return -1;
  struct martlet_clone_arguments arguments = {
      .flags = UINT64_C(0x200000000), .exit_signal = SIGCHLD, .cgroup = (uint64_t)group};
  sigset_t all, before;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before);
  pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
  if (pid == 0) {
    struct sigaction initial = {.sa_handler = SIG_DFL};
    for (int signal = 1; signal < 65; signal++) sigaction(signal, &initial, NULL);
    setsid();
    // AT_FDCWD, O_RDONLY
    int nothing = (int)syscall(SYS_openat, -100, "/dev/null", 0);
    int failed = nothing < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0 || dup2(nothing, 0) < 0
        || chdir(directory) != 0 || (report[1] != 3 && syscall(SYS_dup3, report[1], 3, 02000000) < 0)
        || syscall(SYS_close_range, 4u, ~0u, 0u) != 0;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (!failed) execve(program, words, variables);
    int problem = errno;
    if (write(failed ? report[1] : 3, &problem, sizeof problem) < 0) {
      // Nobody reads it any more.
    }
    _exit(127);
  }
  int problem = pid < 0 ? errno : 0;
  sigprocmask(SIG_SETMASK, &before, NULL);
  close(report[1]);
  if (pid > 0) {
    ssize_t count;
    do {
      count = read(report[0], &problem, sizeof problem);
    } while (count < 0 && errno == EINTR);
    if (count == (ssize_t)sizeof problem) {
      *executed = 1;
      waitpid(pid, NULL, 0);
      pid = -1;
    }
  }
  close(report[0]);
  errno = problem;
  return pid;
}
