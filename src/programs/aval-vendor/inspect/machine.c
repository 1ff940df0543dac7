/*
 * What machines sign, what a host writes around it and answers; see machine.h.
 *
 * A leaf is the host's word only where a proof ties it to a signed ledger. What it carries is the machine's all the
 * same: whether that signature holds is said wherever a leaf is shown, and where it does not, nothing verifies.
 */
#include "inspect/machine.h"

#include "base/sentences.h"
#include "core/documents/leaf.h"
#include "core/rules/terms.h"
#include "core/tlog/proof.h"
#include "describe.h"
#include "proto/introduction.h"

#include <string.h>

/* What machines sign */

static void show_signature(struct report *report, const char *key, const char *title, struct result verified)
{
    report_text(report, key, title,
                report->json      ? (is_ok(verified) ? "holds" : "wrong")
                : is_ok(verified) ? _("holds")
                                  : _("DOES NOT HOLD"));
}

/* The host's signature of what the machine has seen proves something of the host alone, so the verdict does not hang on
 * it. */
static void show_seen(struct report *report, const struct seen *seen, const struct verifier_key *host_key)
{
    describe_seen(report, seen);
    show_signature(report, "seen_signature", _("  host's signature"), seen_verify(seen, host_key));
}

RESULT inspect_request(struct inspection *inspection)
{
    struct request request;
    TRY(request_read(inspection->note.text, &request));
    describe_request(&inspection->report, &request);
    show_seen(&inspection->report, &request.seen, &request.host_key);
    TRY(request_open(inspection->bytes, &request));
    return keep_signer(inspection, &request.machine_key, 1);
}

RESULT inspect_release(struct inspection *inspection)
{
    struct release release;
    TRY(release_read(inspection->note.text, &release));
    describe_release(&inspection->report, &release);
    show_seen(&inspection->report, &release.seen, &release.host_key);
    TRY(release_open(inspection->bytes, &release));
    return keep_signer(inspection, &release.machine_key, 1);
}

/* Leaves */

/* What it carries verifies. */
static RESULT show_carried(struct report *report, const struct leaf *leaf, const struct verifier_key *host_key,
                           const struct seen *seen)
{
    const struct result verified = machine_note_verify(leaf->note, leaf_machine_key(leaf));
    show_seen(report, seen, host_key);
    show_signature(report, "machine_signature", _("Machine's signature"), verified);
    return verified;
}

static RESULT show_leaf(struct report *report, const struct leaf *leaf)
{
    const struct request *request = &leaf->lease.request;
    const struct release *release = &leaf->released.release;
    report_text(report, "leaf", _("Leaf"), leaf_kind_name(leaf->kind));
    switch (leaf->kind) {
    case LEAF_LEASE:
        describe_lease(report, &leaf->lease);
        return show_carried(report, leaf, &request->host_key, &request->seen);
    case LEAF_RELEASED:
        describe_released(report, &leaf->released);
        return show_carried(report, leaf, &release->host_key, &release->seen);
    case LEAF_RECLAIMED:
        describe_reclaimed(report, &leaf->reclaimed);
        break;
    case LEAF_EPOCH:
        describe_epoch(report, &leaf->epoch);
        break;
    }
    return RESULT_OK;
}

RESULT inspect_leaf(struct inspection *inspection)
{
    struct leaf leaf;
    TRY(leaf_read(inspection->bytes, &leaf));
    return show_leaf(&inspection->report, &leaf);
}

/* Denials: behind one that says that a number was used stands the last leaf of the machine. */

static unsigned lines_in(struct slice text)
{
    unsigned lines = 0;
    for (size_t i = 0; i < text.size; i++)
        lines += text.data[i] == '\n';
    return lines;
}

RESULT inspect_denial(struct inspection *inspection)
{
    struct denial denial;
    struct leaf leaf;
    struct slice rest;
    const struct slice head = document_head(inspection->bytes, &rest);
    TRY(denial_read(rest.size > 0 ? head : inspection->bytes, &denial));
    describe_denial(&inspection->report, &denial);
    if (rest.size == 0)
        return RESULT_OK;
    const struct result read = leaf_read(rest, &leaf);
    if (!is_ok(read))
        return result_place(read) == 0 ? read : result_at(read, result_place(read) + lines_in(head) + 1);
    report_object_begin(&inspection->report, "last_leaf");
    const struct result carried = show_leaf(&inspection->report, &leaf);
    report_object_end(&inspection->report);
    return carried;
}

/* Introductions */

bool introduction_begins(struct slice text)
{
    return slice_starts_with(text, "aval introduction v");
}

/* Whose license it is, a trusted vendor key says; whose checkpoint, the license. */
RESULT inspect_introduction(struct inspection *inspection)
{
    struct report *report = &inspection->report;
    struct introduction introduction;
    struct checkpoint checkpoint;
    struct license license;
    struct note note;
    report_text(report, "document", _("Document"), "introduction");
    TRY(introduction_read(inspection->bytes, &introduction));
    report_number(report, "revocations", _("Revocations"), introduction.revocations);
    TRY(note_read(introduction.license, &inspection->note));
    TRY(license_read(inspection->note.text, &license));
    describe_license(report, &license);
    TRY(note_read(introduction.checkpoint, &note));
    TRY(checkpoint_read(note.text, &checkpoint));
    describe_checkpoint(report, &checkpoint);
    TRY(license_open(introduction.license, inspection->trusted, inspection->trusted_count, &license));
    TRY(license_open_checkpoint(&license, introduction.checkpoint, &checkpoint, NULL));
    return keep_signer(inspection, inspection->trusted, inspection->trusted_count);
}

/* Proofs */

/* What the leaf says must be within the license. The beginning of an epoch is under no license, but where it stands is
 * said by itself. */
static RESULT leaf_within(const struct leaf *leaf, const struct license *license, const struct checkpoint *checkpoint)
{
    switch (leaf->kind) {
    case LEAF_LEASE:
        TRY(terms_check_offer(license, &leaf->lease));
        return terms_check_extent(license, &leaf->lease);
    case LEAF_RELEASED:
        ENSURE(strcmp(leaf->released.release.license, license->id) == 0, LEASE_OTHER_LICENSE);
        break;
    case LEAF_RECLAIMED:
        ENSURE(strcmp(leaf->reclaimed.license, license->id) == 0, LEASE_OTHER_LICENSE);
        break;
    case LEAF_EPOCH:
        ENSURE(strcmp(leaf->epoch.origin, checkpoint->origin) == 0, CHECKPOINT_ORIGIN);
        break;
    }
    return RESULT_OK;
}

static RESULT describe_proof(struct inspection *inspection, const struct tlog_proof *proof)
{
    struct checkpoint checkpoint;
    TRY(note_read(proof->checkpoint, &inspection->note));
    TRY(checkpoint_read(inspection->note.text, &checkpoint));
    report_number(&inspection->report, "index", _("Index"), proof->index);
    report_number(&inspection->report, "hashes", _("Hashes"), proof->path_length);
    describe_checkpoint(&inspection->report, &checkpoint);
    return RESULT_OK;
}

RESULT inspect_proof(struct inspection *inspection)
{
    struct tlog_proof proof;
    struct checkpoint checkpoint;
    struct license license = {0};
    struct leaf leaf;
    TRY(tlog_proof_read(inspection->bytes, &proof));
    TRY(describe_proof(inspection, &proof));
    if (!proof.has_extra)
        return not_checked(inspection, _("not checked: the proof carries no leaf"));
    const struct slice text = slice_make(proof.extra, proof.extra_size);
    TRY(leaf_read(text, &leaf));
    TRY(show_leaf(&inspection->report, &leaf));
    TRY(read_license(inspection, &license));
    const struct verifier_key *host_key = NULL;
    TRY(license_open_checkpoint(&license, proof.checkpoint, &checkpoint, &host_key));
    TRY(tlog_proof_verify(&proof, text, host_key, &checkpoint));
    TRY(leaf_within(&leaf, &license, &checkpoint));
    inspection->signer = *host_key;
    return RESULT_OK;
}
