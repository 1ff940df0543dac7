/* The least that a server can do: reads a request, writes an empty 200. Its rate under bench-load is the ceiling of
 * bench-load itself. */
#ifndef BENCH_LOAD_RESPONDER_H
#define BENCH_LOAD_RESPONDER_H

#include "target.h"

#include <sys/types.h>

/* Starts it as a process of its own on a free port of 127.0.0.1. INTERNAL. */
RESULT responder_start(struct target *ret_target, pid_t *ret_process);
void responder_stop(pid_t process);

#endif
