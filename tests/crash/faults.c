/* What the rig found wrong; see faults.h. */
#include "faults.h"

#include <stdarg.h>
#include <stdio.h>

enum { SAID_MAX = 10 /* of each kind */ };

const char *fault_name(enum fault kind)
{
    static const char *const names[FAULT_KINDS] = {
        [FAULT_LOST] = "lost",
        [FAULT_DUPLICATED] = "duplicated seats",
        [FAULT_CHECKPOINT] = "inconsistent checkpoints",
        [FAULT_TABLE] = "wrong machine table",
        [FAULT_LEDGER] = "wrong ledger",
        [FAULT_SERVICE] = "wrong service",
    };
    return names[kind];
}

void fault_add(struct faults *faults, enum fault kind, const char *format, ...)
{
    if (faults->counts[kind]++ >= SAID_MAX || faults->silent)
        return;
    printf("FAULT (%s): ", fault_name(kind));
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    fflush(stdout);
}

uint64_t faults_total(const struct faults *faults)
{
    uint64_t total = 0;
    for (int kind = 0; kind < FAULT_KINDS; kind++)
        total += faults->counts[kind];
    return total;
}
