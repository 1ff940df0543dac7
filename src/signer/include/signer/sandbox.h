/* The signer's cage: after this, the process can compute, talk over what is open, and nothing else. */
#ifndef SIGNER_SANDBOX_H
#define SIGNER_SANDBOX_H

#include "base/result.h"

/* No core dumps, no tracing by others, no new privileges, and an allow-list of system calls: reading and writing open
 * descriptors, syncing them, memory, ending. Any other call kills the process. INTERNAL where the kernel refuses. */
RESULT sandbox_enter(void);

#endif
