/* The sentences that say what a check of a ledger found; see ledger/check.h. */
#include "core/tlog/merkle.h"
#include "ledger/check.h"

#include <inttypes.h>

void ledger_finding_write(const struct ledger_finding *finding, struct buffer *out)
{
    const uint64_t first = finding->first;
    const uint64_t last = finding->last;
    char machine[MACHINE_ID_TEXT_SIZE];
    machine_id_write(&finding->machine, machine);
    switch (finding->fault) {
    case LEDGER_FAULT_CHECKPOINT:
        buffer_append_text(out, "the checkpoint is missing or not signed by the host key");
        break;
    case LEDGER_FAULT_SHORT:
        buffer_printf(out, "leaves %" PRIu64 " to %" PRIu64 " were signed and are missing", first, last);
        break;
    case LEDGER_FAULT_END:
        buffer_printf(out,
                      "from leaf %" PRIu64 " to %" PRIu64 " there are leaves without hashes or hashes without leaves",
                      first, last);
        break;
    case LEDGER_FAULT_LEAF:
        buffer_printf(out, "leaves %" PRIu64 " to %" PRIu64 " cannot be read", first, last);
        break;
    case LEDGER_FAULT_ARCHIVE:
        buffer_printf(out,
                      "leaves %" PRIu64 " to %" PRIu64
                      " are in a file that is missing or damaged, and is to be put back "
                      "from a copy: %s",
                      first, last, finding->words);
        break;
    case LEDGER_FAULT_LEAF_HASH:
        buffer_printf(out, "leaf %" PRIu64 " and its hash (tile 0/%" PRIu64 ") do not agree", first,
                      first / TILE_WIDTH);
        break;
    case LEDGER_FAULT_LEAF_FORM:
        buffer_printf(out, "leaf %" PRIu64 " is neither a lease nor a release", first);
        break;
    case LEDGER_FAULT_LICENSE:
        buffer_printf(out, "leaf %" PRIu64 " is under license %s, which the database does not know", first,
                      finding->license);
        break;
    case LEDGER_FAULT_HASH:
        buffer_printf(out,
                      "hashes %" PRIu64 " to %" PRIu64 " of level %u (tile %u/%" PRIu64
                      ") cannot be read or are not those of what is below them",
                      first, last, finding->level, finding->level, first / TILE_WIDTH);
        break;
    case LEDGER_FAULT_ROOT:
        buffer_printf(out, "leaves %" PRIu64 " to %" PRIu64 " together are not what was signed", first, last);
        break;
    case LEDGER_FAULT_MACHINE:
        buffer_printf(out, "machine %s under license %s: its row and leaf %" PRIu64 " do not agree", machine,
                      finding->license, first);
        break;
    case LEDGER_FAULT_MACHINES:
        buffer_printf(out, "the rows of machines behind %s cannot be read", machine);
        break;
    }
}
