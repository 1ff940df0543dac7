/* What the rig found wrong: counted by kind; the first of them are said in words. */
#ifndef CRASH_FAULTS_H
#define CRASH_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

enum fault {
    FAULT_LOST,       /* an answer that a client received is not in the ledger, or not as it was received */
    FAULT_DUPLICATED, /* one seat given twice: a second lease for one request, or more held than the license has */
    FAULT_CHECKPOINT, /* a checkpoint that does not verify, or does not extend one before it */
    FAULT_TABLE,      /* machine table, figures and ledger disagree */
    FAULT_LEDGER,     /* the ledger disagrees with itself: leaves, tiles, order of times */
    FAULT_SERVICE,    /* the host answered wrongly, or did not come back */
    FAULT_KINDS
};

struct faults {
    uint64_t counts[FAULT_KINDS];
    bool silent; /* count only */
};

const char *fault_name(enum fault kind);
__attribute__((format(printf, 3, 4))) void fault_add(struct faults *faults, enum fault kind, const char *format, ...);
uint64_t faults_total(const struct faults *faults);

#endif
