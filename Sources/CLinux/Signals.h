// A signal handler that does nothing but count signals in an eventfd. In C because a handler may only
// call what is async-signal-safe, which Swift's runtime is not.
#pragma once
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

static int martlet_signal_eventfd = -1;

/// SIGINTs are counted in the low, SIGTERMs in the high half of the eventfd's value.
static void martlet_count_signal(int signal) {
  int saved = errno;
  uint64_t count = signal == SIGTERM ? UINT64_C(1) << 32 : 1;
  if (write(martlet_signal_eventfd, &count, sizeof count) < 0) {
    // The counter is full, so a reader that looks at it finds the signal.
  }
  errno = saved;
}

/// Has SIGINT and SIGTERM counted in an eventfd from now on, which it returns; -1 and errno on
/// failure. Programs that this one executes get the default handling back. Idempotent; call it from
/// one thread at a time.
static inline int martlet_count_termination_signals(void) {
  if (martlet_signal_eventfd >= 0) return martlet_signal_eventfd;
  int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (descriptor < 0) return -1;
  martlet_signal_eventfd = descriptor;
  struct sigaction action = {.sa_handler = martlet_count_signal, .sa_flags = SA_RESTART};
  sigemptyset(&action.sa_mask);
  if (sigaction(SIGINT, &action, NULL) < 0 || sigaction(SIGTERM, &action, NULL) < 0) return -1;
  // A parent may have left them blocked.
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  pthread_sigmask(SIG_UNBLOCK, &set, NULL);
  return descriptor;
}
