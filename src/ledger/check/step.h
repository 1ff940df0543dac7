/*
 * A step of the check under way: what its stages share, and how they report.
 *
 *   stages.c     which stage is next
 *   closing.c    what the next epoch says of a ledger that ended without a checkpoint
 *   hashes.c     the checkpoint, where the ledger ends, hashes above the leaves, the root
 *   leaves.c     each leaf against its hash and the row of its machine
 *   machines.c   each row against its leaf
 *   moved.c      seats that were left for those of another license
 *   findings.c   the sentences
 *
 * Always: a position is moved on only behind what has been looked at and reported. What cannot be read because it is
 * damaged is reported like what is wrong; other failures end the step.
 */
#ifndef LEDGER_CHECK_STEP_H
#define LEDGER_CHECK_STEP_H

#include "ledger/check.h"
#include "ledger/epochs.h"
#include "store/ledger.h"
#include "store/operators.h"

/* One step under way. */
struct step {
    const struct ledger_check *check;
    struct ledger_check_position *position;
    uint32_t ledger;
    uint64_t epoch;
    uint32_t first_ledger; /* of the first epoch, under which licenses are numbered */
    uint64_t budget;
    struct reason *reason; /* of what the store says; may be NULL */
    struct buffer leaf;
    /* Leaves of one tile, one behind the other. */
    struct buffer texts;
    size_t ends[TILE_WIDTH];
    size_t listed;
    size_t wanted;
    /* The license asked for last: neighbours are mostly under the same. */
    char license[NAME_SIZE];
    uint32_t license_number; /* 0: none yet */
};

void step_spend(struct step *step, uint64_t count);
void step_report(struct step *step, const struct ledger_finding *finding);
void step_report_range(struct step *step, enum ledger_fault fault, unsigned level, uint64_t first, uint64_t last);
void step_report_machine(struct step *step, const char *license, const struct machine_id *machine, uint64_t leaf);
void step_report_archive(struct step *step, uint64_t first, uint64_t last, const char *words);
/* Turns a missing or damaged file of the archive into *ret_there = false; passes on what is something else. */
RESULT tell_archive(struct result result, bool *ret_there);
/* Turns damage into *ret_sound = false; passes on what is no damage. */
RESULT tell_damage(struct result result, bool *ret_sound);
/* The origin of a ledger by the store's number; *ret_sound: there is one. */
RESULT ledger_origin(struct step *step, uint32_t ledger, char ret_origin[static KEY_NAME_SIZE], bool *ret_sound);
/* Whether the host may have forgotten what was of use up to that time (store_machines_expired()). */
RESULT step_forgettable(struct step *step, seconds time, bool *ret_forgettable);
/* The same of the reading of a text: whatever it says is damage, but that there was no memory. */
RESULT tell_form(struct result result, bool *ret_sound);

#endif
