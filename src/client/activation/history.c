/* Whether a ledger extends what was seen of it; see history.h. */
#include "history.h"

#include "base/sentences.h"
#include "state/evidence.h"

#include <string.h>

/* Said behind the sizes: where the evidence stands, or why there is none. */
static struct reason keep(const aval_machine *machine, const struct ledger_evidence *evidence)
{
    struct reason said = {.text = ""};
    struct reason words = {.text = ""};
    unsigned number = 0;
    const struct result kept = evidence_keep(machine, evidence, &number, &words);
    if (!is_ok(kept))
        reason_add(&said, _("evidence could not be kept (%s)"), error_info(result_code(kept))->name);
    else if (number == 0)
        reason_add(&said, _("there is enough evidence of this already"));
    else
        reason_add(&said, _("kept as evidence %u"), number);
    if (words.text[0] != 0)
        reason_add(&said, ": %s", words.text);
    return said;
}

static RESULT refuse(const aval_machine *machine, const struct ledger_evidence *evidence, const struct checkpoint *kept,
                     const struct checkpoint *shown, struct aval_attempt *attempt)
{
    const struct reason said = keep(machine, evidence);
    struct reason detail = {.text = ""};
    reason_add(&detail,
               evidence->finding == EVIDENCE_TWO_TREES
                   ? _("ledger of %llu entries shown, another of %llu entries seen before (%s; %s)")
                   : _("ledger of %llu entries shown, one of %llu entries seen before (%s; %s)"),
               (unsigned long long)shown->size, (unsigned long long)kept->size,
               evidence_finding_name(evidence->finding), said.text);
    return attempt_fail(attempt, FAIL(CONSISTENCY_WRONG), detail.text);
}

/* Whether that is the checkpoint that was seen. */
static bool is_seen(const struct seen *seen, const struct checkpoint *kept)
{
    return strcmp(seen->origin, kept->origin) == 0 && seen->size == kept->size && hash_equal(&seen->root, &kept->root);
}

/* The ledger was extended, or begun again. */
static RESULT check_epoch(const struct showing *showing, const struct checkpoint *kept, const struct checkpoint *shown,
                          struct aval_attempt *attempt)
{
    struct reason detail = {.text = ""};
    if (strcmp(kept->origin, shown->origin) == 0 || is_seen(showing->seen, kept))
        return RESULT_OK;
    reason_add(&detail, _("%s begun, %llu entries of %s seen before"), shown->origin, (unsigned long long)kept->size,
               kept->origin);
    return attempt_fail(attempt, FAIL(EPOCH_UNSEEN), detail.text);
}

RESULT history_check(const aval_machine *machine, const struct installation *installation,
                     const struct showing *showing, struct aval_attempt *attempt)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(PROOF_MAX);
    struct checkpoint kept;
    struct checkpoint shown;
    struct ledger_evidence evidence = {.host_key = *showing->host_key, .time = machine_now(machine)};
    struct reason words = {.text = ""};
    bool found = false;
    struct result outcome = checkpoint_known_note(installation, showing->host_key, &note, &found, &words);
    if (!is_ok(outcome))
        return attempt_fail(attempt, outcome, words.text);
    /* One that this key did not sign is none; see checkpoint_known(). */
    if (!found || !is_ok(checkpoint_open(buffer_slice(&note), showing->host_key, &kept)))
        return RESULT_OK;
    outcome = checkpoint_open(showing->checkpoint, showing->host_key, &shown);
    if (is_ok(outcome))
        outcome = evidence_compare(&kept, &shown, showing->host_key, showing->consistency, showing->consistency_length,
                                   &evidence.finding);
    if (is_ok(outcome))
        return check_epoch(showing, &kept, &shown, attempt);
    if (result_code(outcome) != ERR_CONSISTENCY_WRONG)
        return attempt_fail_answer(attempt, outcome, _("the checkpoint"));
    evidence.asked = slice_of(attempt->host);
    evidence.kept = buffer_slice(&note);
    evidence.shown = showing->checkpoint;
    evidence.request = showing->request;
    evidence.consistency_length = showing->consistency_length;
    for (size_t i = 0; i < showing->consistency_length; i++)
        evidence.consistency[i] = showing->consistency[i];
    return refuse(machine, &evidence, &kept, &shown, attempt);
}
