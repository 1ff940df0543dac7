/* avald as a child process, and its signer: started, found, killed. */
#ifndef CRASH_HOST_PROCESS_H
#define CRASH_HOST_PROCESS_H

#include "faults.h"
#include "world.h"

#include <sys/types.h>

struct host_process {
    const char *program; /* avald */
    pid_t avald;         /* 0: not running */
    uint16_t port;
    uint64_t starts;
    int64_t starting_us; /* all starts together: from its making to the first port it tells */
    int64_t slowest_us;
};

int64_t monotonic_us(void);

/* Starts avald on the world's folder and waits until it says its port; a fault where it does not. */
bool host_start(struct host_process *host, const struct world *world, struct faults *faults);
/* Starts it and kills it that much later, wherever it is by then. */
bool host_start_and_kill(struct host_process *host, const struct world *world, int64_t after_us, struct faults *faults);
/* Process of the signer; 0 where there is none now. */
pid_t host_signer(const struct host_process *host);
/* kill -9, and the end of it. */
void host_kill(struct host_process *host);
/* SIGTERM; a fault where it does not end well. */
void host_stop(struct host_process *host, struct faults *faults);

#endif
