/* One job of a batch under way. */
#ifndef HOST_ENGINE_BATCH_ENTRY_H
#define HOST_ENGINE_BATCH_ENTRY_H

#include "catalog.h"
#include "host/engine.h"

enum outcome { OUTCOME_DENIED, OUTCOME_LEASE, OUTCOME_RELEASED };

/* What a batch remembers of a job between decision, answer and log; the job itself may be gone by then. */
struct entry {
    struct job *job;
    enum outcome outcome;
    bool repeated;
    bool heard;             /* the note is no newer than what was heard of the machine before */
    bool stranger;          /* a new machine, for which the rates had a token */
    bool untold;            /* quiet for that it is one of too many denials of machines that are not known */
    bool traced;            /* one of those that the log may have a line of, and the store a denial */
    bool left_out;          /* leaves neither, for that it is one of too many of a machine that is known */
    bool quiet;             /* leaves no line of log, no kept denial and no change of a row */
    enum error_code denial; /* of OUTCOME_DENIED */
    const struct catalog_vendor *vendor;
    const struct authority_license *license; /* NULL where none matched */
    uint64_t leaf;                           /* index in the ledger, of the other outcomes */
    struct machine_id machine;
    char address[ADDRESS_TEXT_SIZE];
};

#endif
