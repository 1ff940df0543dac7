/*
 * Evidence against a host: reader, writer, and what it proves. See evidence.h.
 *
 * Always: write(read(b)) = b, so that nobody can change a piece of evidence and still show the same one.
 */
#include "core/tlog/evidence.h"

#include "core/form/parts.h"
#include "core/tlog/merkle.h"

#include <string.h>

#define TYPE_PREFIX "aval ledger-evidence v"
#define VERSION     "1"

#define UNTIED \
    "Not proved by these two checkpoints alone: they contradict each other only if no consistency proof ties them. "

static const struct {
    const char *name;
    const char *meaning;
} findings[] = {
    [EVIDENCE_TWO_TREES] = {"two-trees",
                            "Proved: the same key signed two trees of the same size that cannot both be true."},
    [EVIDENCE_EARLIER_EPOCH] =
        {"earlier-epoch", "Not proved by these two checkpoints alone: the one shown is of a ledger that had ended "
                          "when the other was signed, and may be an old one shown again."},
    [EVIDENCE_SMALLER] = {"smaller", UNTIED "The smaller one may be an old one shown again."},
    [EVIDENCE_NO_PROOF] = {"no-proof", UNTIED "None came along; somebody on the way may have taken it out."},
    [EVIDENCE_WRONG_PROOF] = {"wrong-proof",
                              UNTIED "The one that came along does not; somebody on the way may have changed it."},
};
enum { FINDINGS = sizeof findings / sizeof findings[0] };

const char *evidence_finding_name(enum evidence_finding finding)
{
    return findings[finding].name;
}

const char *evidence_meaning(enum evidence_finding finding)
{
    return findings[finding].meaning;
}

bool evidence_proves(enum evidence_finding finding)
{
    return finding == EVIDENCE_TWO_TREES;
}

bool evidence_begins(struct slice text)
{
    return slice_starts_with(text, TYPE_PREFIX);
}

static bool address_valid(struct slice address)
{
    for (size_t i = 0; i < address.size; i++)
        if (address.data[i] <= ' ' || address.data[i] > '~')
            return false;
    return address.size > 0 && address.size <= EVIDENCE_ADDRESS_MAX;
}

/* Reading */

static RESULT finding_read(struct slice word, enum evidence_finding *ret_finding)
{
    for (unsigned i = 0; i < FINDINGS; i++) {
        if (slice_is(word, findings[i].name)) {
            *ret_finding = (enum evidence_finding)i;
            return RESULT_OK;
        }
    }
    return FAIL(DOCUMENT_VALUE);
}

static void header_read(struct cursor *cursor, struct ledger_evidence *evidence)
{
    cursor_expect(cursor, TYPE_PREFIX, FAIL(DOCUMENT_TYPE));
    cursor_expect(cursor, VERSION "\n", FAIL(DOCUMENT_VERSION));
    line_require(cursor, time_read(line_value(cursor, "time "), &evidence->time));
    evidence->asked = line_value(cursor, "asked ");
    if (!address_valid(evidence->asked))
        line_require(cursor, FAIL(DOCUMENT_VALUE));
    line_require(cursor, verifier_key_read(line_value(cursor, "host-key "), &evidence->host_key));
    line_require(cursor, finding_read(line_value(cursor, "finding "), &evidence->finding));
    while (slice_starts_with(cursor_peek_line(cursor), "consistency ")) {
        const struct slice base64 = line_value(cursor, "consistency ");
        if (evidence->consistency_length == CONSISTENCY_PATH_MAX)
            line_require(cursor, FAIL(DOCUMENT_LIMIT));
        else
            line_require(cursor, base64_read_exactly(
                                     base64, evidence->consistency[evidence->consistency_length++].bytes, HASH_SIZE));
    }
    cursor_expect(cursor, "\n", FAIL(DOCUMENT_VALUE));
}

RESULT evidence_read(struct slice text, struct ledger_evidence *ret_evidence, size_t *ret_size)
{
    struct ledger_evidence evidence = {0};
    struct cursor cursor = cursor_make(text);
    ENSURE(text.size > 0, TEXT_EMPTY);
    header_read(&cursor, &evidence);
    evidence.kept = part_read(&cursor, "kept ", CHECKPOINT_NOTE_MAX);
    evidence.shown = part_read(&cursor, "shown ", CHECKPOINT_NOTE_MAX);
    evidence.request = part_read(&cursor, "request ", REQUEST_MAX);
    TRY(cursor.state);
    *ret_evidence = evidence;
    *ret_size = cursor.position;
    return RESULT_OK;
}

/* Writing */

RESULT evidence_write(const struct ledger_evidence *evidence, struct buffer *out)
{
    char time[TIME_TEXT_SIZE];
    char key[VERIFIER_KEY_TEXT_SIZE];
    ENSURE(address_valid(evidence->asked), DOCUMENT_VALUE);
    ENSURE(evidence->kept.size <= CHECKPOINT_NOTE_MAX && evidence->shown.size <= CHECKPOINT_NOTE_MAX &&
               evidence->request.size <= REQUEST_MAX && evidence->consistency_length <= CONSISTENCY_PATH_MAX,
           TEXT_TOO_LONG);
    time_write(evidence->time, time);
    verifier_key_write(&evidence->host_key, key);
    buffer_printf(out, TYPE_PREFIX VERSION "\ntime %s\nasked ", time);
    buffer_append_slice(out, evidence->asked);
    buffer_printf(out, "\nhost-key %s\nfinding %s\n", key, findings[evidence->finding].name);
    for (size_t i = 0; i < evidence->consistency_length; i++) {
        buffer_append_text(out, "consistency ");
        buffer_append_base64(out, evidence->consistency[i].bytes, HASH_SIZE);
        buffer_append_byte(out, '\n');
    }
    buffer_append_byte(out, '\n');
    part_write("kept ", evidence->kept, out);
    part_write("shown ", evidence->shown, out);
    part_write("request ", evidence->request, out);
    return buffer_status(out);
}

/* Judging */

RESULT evidence_compare(const struct checkpoint *kept, const struct checkpoint *shown, const struct verifier_key *key,
                        const struct hash *consistency, size_t consistency_length, enum evidence_finding *ret_finding)
{
    uint64_t epoch_kept = 0;
    uint64_t epoch_shown = 0;
    TRY(origin_epoch(kept->origin, key->name, &epoch_kept));
    TRY(origin_epoch(shown->origin, key->name, &epoch_shown));
    if (epoch_shown > epoch_kept)
        return RESULT_OK;
    if (epoch_shown == epoch_kept && kept->size == 0 && (shown->size > 0 || hash_equal(&kept->root, &shown->root)))
        return RESULT_OK;
    if (epoch_shown == epoch_kept &&
        is_ok(consistency_verify(kept->size, shown->size, consistency, consistency_length, &kept->root, &shown->root)))
        return RESULT_OK;
    if (epoch_shown < epoch_kept)
        *ret_finding = EVIDENCE_EARLIER_EPOCH;
    else if (shown->size < kept->size)
        *ret_finding = EVIDENCE_SMALLER;
    else if (shown->size == kept->size && !hash_equal(&kept->root, &shown->root))
        *ret_finding = EVIDENCE_TWO_TREES;
    else
        *ret_finding = consistency_length == 0 ? EVIDENCE_NO_PROOF : EVIDENCE_WRONG_PROOF;
    return FAIL(CONSISTENCY_WRONG);
}

RESULT evidence_check(const struct ledger_evidence *evidence, struct checkpoint *ret_kept, struct checkpoint *ret_shown)
{
    struct checkpoint kept;
    struct checkpoint shown;
    enum evidence_finding finding = EVIDENCE_TWO_TREES;
    TRY(checkpoint_open(evidence->kept, &evidence->host_key, &kept));
    TRY(checkpoint_open(evidence->shown, &evidence->host_key, &shown));
    const struct result compared = evidence_compare(&kept, &shown, &evidence->host_key, evidence->consistency,
                                                    evidence->consistency_length, &finding);
    ENSURE(result_code(compared) == ERR_CONSISTENCY_WRONG && finding == evidence->finding, DOCUMENT_VALUE);
    *ret_kept = kept;
    *ret_shown = shown;
    return RESULT_OK;
}
