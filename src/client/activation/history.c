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

/* The ledger was extended, or begun again. */
static RESULT check_epoch(const struct showing *showing, const struct checkpoint *shown, struct aval_attempt *attempt)
{
    struct reason detail = {.text = ""};
    const struct seen *before = showing->before;
    if (strcmp(before->origin, shown->origin) == 0 || seen_equal(showing->told, before))
        return RESULT_OK;
    reason_add(&detail, _("%s begun, %llu entries of %s seen before"), shown->origin, (unsigned long long)before->size,
               before->origin);
    return attempt_fail(attempt, FAIL(EPOCH_UNSEEN), detail.text);
}

/* What was seen, as it is kept, with whatever others have signed below it. Where something else is kept by now, the
 * note that was sent tells it. */
static RESULT find_before(const struct installation *installation, const struct showing *showing, struct buffer *out,
                          struct reason *reason)
{
    struct checkpoint kept;
    bool found = false;
    TRY(checkpoint_known_note(installation, showing->host_key, out, &found, reason));
    if (found && is_ok(checkpoint_open(buffer_slice(out), showing->host_key, &kept)) && seen_is(showing->before, &kept))
        return RESULT_OK;
    buffer_clear(out);
    return seen_write_note(showing->before, showing->host_key, out);
}

static RESULT keep_evidence(const aval_machine *machine, const struct showing *showing, enum evidence_finding finding,
                            struct slice before, const struct checkpoint *shown, struct aval_attempt *attempt)
{
    const struct answer *answer = showing->answer;
    const struct checkpoint kept = seen_checkpoint(showing->before);
    struct ledger_evidence evidence = {
        .time = machine_now(machine),
        .asked = slice_of(attempt->host),
        .host_key = *showing->host_key,
        .finding = finding,
        .consistency_length = answer->consistency_length,
        .kept = before,
        .shown = showing->checkpoint,
        .request = showing->asked,
    };
    memcpy(evidence.consistency, answer->consistency, answer->consistency_length * sizeof *answer->consistency);
    return refuse(machine, &evidence, &kept, shown, attempt);
}

RESULT history_check(const aval_machine *machine, const struct installation *installation,
                     const struct showing *showing, struct aval_attempt *attempt)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(PROOF_MAX);
    const struct checkpoint kept = seen_checkpoint(showing->before);
    struct checkpoint shown;
    enum evidence_finding finding = EVIDENCE_TWO_TREES;
    struct reason words = {.text = ""};
    struct result outcome = find_before(installation, showing, &note, &words);
    if (!is_ok(outcome))
        return attempt_fail(attempt, outcome, words.text);
    outcome = checkpoint_open(showing->checkpoint, showing->host_key, &shown);
    if (is_ok(outcome))
        outcome = evidence_compare(&kept, &shown, showing->host_key, showing->answer->consistency,
                                   showing->answer->consistency_length, &finding);
    if (is_ok(outcome))
        return check_epoch(showing, &shown, attempt);
    if (result_code(outcome) != ERR_CONSISTENCY_WRONG)
        return attempt_fail_answer(attempt, outcome, _("the checkpoint"));
    return keep_evidence(machine, showing, finding, buffer_slice(&note), &shown, attempt);
}

RESULT history_shown(const struct answer *answer, struct slice *ret_checkpoint)
{
    struct tlog_proof proof;
    TRY(tlog_proof_read(answer->proof, &proof));
    *ret_checkpoint = proof.checkpoint;
    return RESULT_OK;
}

RESULT history_keep(const struct installation *installation, const struct showing *showing, struct reason *reason)
{
    struct checkpoint kept;
    bool found = false;
    TRY(checkpoint_known(installation, showing->host_key, &kept, &found, reason));
    if (found && !seen_is(showing->before, &kept))
        return RESULT_OK;
    return checkpoint_keep(installation, showing->host_key, showing->checkpoint, reason);
}
