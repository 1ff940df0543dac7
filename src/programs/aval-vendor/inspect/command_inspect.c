/*
 * aval-vendor inspect: what any document of Aval says, who signed it, and whether it verifies.
 *
 * What the document says is shown even where its signature fails, because that is when people need to see it; the
 * verdict stands below, and the exit status is 0 only where it verifies or is of a kind that nobody signs, and where
 * the desk's record, if it was needed, could be read.
 */
#include "base/sentences.h"
#include "core/documents/mailed.h"
#include "core/tlog/evidence.h"
#include "describe.h"
#include "desk/seal.h"
#include "inspect/evidence.h"
#include "inspect/inspection.h"
#include "inspect/machine.h"
#include "system/clock.h"

#include <stdio.h>
#include <stdlib.h>

/* Signed notes. Each function describes first, then returns whether it verifies; so do those of the other files. */

static RESULT inspect_product(struct inspection *inspection)
{
    struct product product;
    TRY(product_read(inspection->note.text, &product));
    describe_product(&inspection->report, &product);
    TRY(product_open(inspection->bytes, inspection->trusted, inspection->trusted_count, &product));
    return keep_signer(inspection, inspection->trusted, inspection->trusted_count);
}

static RESULT inspect_host_request(struct inspection *inspection)
{
    struct host_request request;
    TRY(host_request_read(inspection->note.text, &request));
    describe_host_request(&inspection->report, &request);
    TRY(host_request_open(inspection->bytes, &request));
    return keep_signer(inspection, &request.host_key, 1);
}

/* What the desk has signed of revocations and replacements. NOT_SET_UP where there is no desk; errors of the record. */
static RESULT read_record(struct command *command, struct revocations **ret_revocations,
                          struct successions *ret_successions, struct reason *reason)
{
    if (command->desk == NULL)
        TRY(desk_open(command_folder(command), false, &command->desk, reason));
    TRY(desk_find_revocations(command->desk, ret_revocations, NULL, reason));
    return successions_read(command->desk, *ret_revocations, ret_successions, reason);
}

/* There is a desk, and what it knows is not known here. */
static void describe_unread(struct inspection *inspection)
{
    struct report *const report = &inspection->report;
    const struct error_info *const info = error_info(result_code(inspection->record));
    const char *const words = inspection->record_reason.text;
    report_text(report, "record", NULL, info->name);
    report_textf(report, "record_message", _("Record"),
                 report->json ? "%s%s%s"
                              : _("could not be read, so it is not known whether this license was revoked or replaced. "
                                  "%s%s%s"),
                 _(info->sentence), *words == 0 ? "" : " ", words);
}

/* Whether it is worth anything today, which its signature does not say. What was revoked or replaced the desk knows,
 * where there is one. */
static void describe_standing(struct inspection *inspection, const struct license *license)
{
    CLEANUP_REVOCATIONS struct revocations *revocations = NULL;
    CLEANUP_SUCCESSIONS struct successions successions = {0};
    const struct result read = read_record(inspection->command, &revocations, &successions, &inspection->record_reason);
    inspection->record = result_code(read) == ERR_NOT_SET_UP ? RESULT_OK : read;
    const seconds now = clock_now();
    const struct succession *const by = successions_of(&successions, license->id, now);
    const struct verifier_key *signer = NULL;
    struct license opened;
    result_ignore(license_open_by(inspection->bytes, inspection->trusted, inspection->trusted_count, &opened, &signer));
    const enum standing standing = license_standing(license, signer, revocations, by, now);
    const bool unknown = !is_ok(inspection->record) && standing == STANDING_IN_FORCE;
    const char *const state = unknown ? N_("not known") : standing_name(standing);
    report_text(&inspection->report, "state", _("Today"), inspection->report.json ? state : _(state));
    if (!is_ok(inspection->record))
        describe_unread(inspection);
    describe_succession(&inspection->report, by, now);
}

static RESULT inspect_license(struct inspection *inspection)
{
    struct license license;
    TRY(license_read(inspection->note.text, &license));
    describe_license(&inspection->report, &license);
    describe_standing(inspection, &license);
    TRY(license_open(inspection->bytes, inspection->trusted, inspection->trusted_count, &license));
    return keep_signer(inspection, inspection->trusted, inspection->trusted_count);
}

static RESULT inspect_revocations(struct inspection *inspection)
{
    CLEANUP_REVOCATIONS struct revocations *revocations = calloc(1, sizeof *revocations);
    ENSURE(revocations != NULL, NO_MEMORY);
    TRY(revocations_read(inspection->note.text, revocations));
    describe_revocations(&inspection->report, revocations);
    TRY(revocations_open(inspection->bytes, inspection->trusted, inspection->trusted_count, revocations));
    return keep_signer(inspection, inspection->trusted, inspection->trusted_count);
}

static RESULT inspect_checkpoint(struct inspection *inspection)
{
    struct checkpoint checkpoint;
    struct license license;
    TRY(checkpoint_read(inspection->note.text, &checkpoint));
    describe_checkpoint(&inspection->report, &checkpoint);
    TRY(read_license(inspection, &license));
    const struct verifier_key *host_key = NULL;
    TRY(license_open_checkpoint(&license, inspection->bytes, &checkpoint, &host_key));
    inspection->signer = *host_key;
    return RESULT_OK;
}

/* Keys */

static RESULT inspect_verifier_key(struct inspection *inspection, const struct verifier_key *key)
{
    report_text(&inspection->report, "document", _("Document"), "verifier-key");
    describe_key(&inspection->report, "key", _("Key"), key);
    report_text(&inspection->report, "name", _("Of"), key->name);
    return RESULT_OK;
}

static RESULT inspect_sealed_key(struct inspection *inspection)
{
    struct sealed_key sealed;
    TRY(sealed_key_read(inspection->bytes, &sealed));
    report_text(&inspection->report, "document", _("Document"), "sealed-key");
    describe_key(&inspection->report, "key", _("Key"), &sealed.key);
    report_number(&inspection->report, "ops", _("Argon2id passes"), sealed.ops);
    report_number(&inspection->report, "mem", _("Argon2id KiB"), sealed.mem);
    return RESULT_OK;
}

/* Which of them it is */

static const struct kind {
    enum document_type type;
    bool is_signed; /* as a note */
    RESULT (*inspect)(struct inspection *inspection);
} KINDS[] = {
    {DOCUMENT_PRODUCT, true, inspect_product},       {DOCUMENT_HOST_REQUEST, true, inspect_host_request},
    {DOCUMENT_LICENSE, true, inspect_license},       {DOCUMENT_REVOCATIONS, true, inspect_revocations},
    {DOCUMENT_CHECKPOINT, true, inspect_checkpoint}, {DOCUMENT_REQUEST, true, inspect_request},
    {DOCUMENT_RELEASE, true, inspect_release},       {DOCUMENT_LEASE, false, inspect_leaf},
    {DOCUMENT_RELEASED, false, inspect_leaf},        {DOCUMENT_EPOCH, false, inspect_leaf},
    {DOCUMENT_RECLAIMED, false, inspect_leaf},       {DOCUMENT_DENIAL, false, inspect_denial},
};

static void describe_signatures(struct inspection *inspection)
{
    const struct note *note = &inspection->note;
    if (note->signature_count == 0)
        return;
    report_list_begin(&inspection->report, "signatures");
    for (size_t i = 0; i < note->signature_count; i++) {
        char text[KEY_NAME_SIZE + 16] = "";
        const struct note_signature *signature = &note->signatures[i];
        if (signature->name.size < KEY_NAME_SIZE)
            (void)snprintf(text, sizeof text, "%.*s+%08x", (int)signature->name.size,
                           (const char *)signature->name.data, signature->key_id);
        report_list_item(&inspection->report, text);
    }
    report_list_end(&inspection->report, _("Signed as"));
}

static RESULT inspect_kind(struct inspection *inspection, const struct kind *kind)
{
    inspection->is_unsigned = !kind->is_signed;
    if (kind->is_signed)
        TRY(note_read(inspection->bytes, &inspection->note));
    report_text(&inspection->report, "document", _("Document"), document_type_name(kind->type));
    return kind->inspect(inspection);
}

static RESULT inspect_any(struct inspection *inspection)
{
    struct verifier_key key;
    ENSURE(inspection->bytes.size > 0, TEXT_EMPTY);
    inspection->is_unsigned = true;
    if (is_ok(verifier_key_read(key_file_text(inspection->bytes), &key)))
        return inspect_verifier_key(inspection, &key);
    if (sealed_key_begins(inspection->bytes))
        return inspect_sealed_key(inspection);
    if (evidence_begins(inspection->bytes)) {
        inspection->is_unsigned = false;
        return inspect_evidence(inspection);
    }
    if (introduction_begins(inspection->bytes)) {
        inspection->is_unsigned = false;
        return inspect_introduction(inspection);
    }
    const enum document_type type = document_type_of(inspection->bytes);
    if (type == DOCUMENT_TLOG_PROOF) {
        inspection->is_unsigned = false;
        report_text(&inspection->report, "document", _("Document"), document_type_name(type));
        return inspect_proof(inspection);
    }
    for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++)
        if (KINDS[i].type == type)
            return inspect_kind(inspection, &KINDS[i]);
    ENSURE(utf8_valid(inspection->bytes), TEXT_NOT_UTF8);
    return FAIL(DOCUMENT_TYPE);
}

/* Verdict */

static bool is_of_trust(struct result why)
{
    return error_info(result_code(why))->category == CATEGORY_TRUST;
}

static void tell_verdict(struct inspection *inspection, struct result verdict)
{
    enum { VERIFIES, UNSIGNED, UNCHECKED, FAILS };
    static const struct {
        const char *word;
        const char *sentence;
    } VERDICTS[] = {
        [VERIFIES] = {"verifies", N_("verifies")},
        [UNSIGNED] = {"unsigned", N_("well formed; documents of this kind are not signed")},
        [UNCHECKED] = {"not-checked", N_("not checked")},
        [FAILS] = {"fails", N_("DOES NOT VERIFY")},
    };
    struct report *report = &inspection->report;
    int which = inspection->is_unsigned ? UNSIGNED : VERIFIES;
    if (!is_ok(verdict))
        which = inspection->is_unchecked ? UNCHECKED : FAILS;
    describe_signatures(inspection);
    report_text(report, "verdict", _("Verdict"), report->json ? VERDICTS[which].word : _(VERDICTS[which].sentence));
    if (which == VERIFIES)
        report_textf(report, "signer", _("Signer"), "%s+%08x", inspection->signer.name, inspection->signer.id);
    if (which == FAILS)
        report_text(report, "error", _("Reason"), error_info(result_code(verdict))->name);
}

/* What a document is that programs hand each other, they say without mending, and so it is inspected. */
static bool may_be_mailed(struct slice text)
{
    return !evidence_begins(text) && !introduction_begins(text) && document_type_of(text) != DOCUMENT_TLOG_PROOF;
}

/* The document in what mail made of it, or, where it cannot be had back, what there is. */
static RESULT undo_mail(struct inspection *inspection, struct buffer *document)
{
    bool mended = false;
    if (!may_be_mailed(inspection->bytes))
        return RESULT_OK;
    const struct result outcome = mailed_mend(inspection->bytes, document, &mended);
    ENSURE(result_code(outcome) != ERR_DOCUMENT_SEVERAL, DOCUMENT_SEVERAL);
    if (!is_ok(outcome) || !mended)
        return RESULT_OK;
    inspection->bytes = buffer_slice(document);
    report_text(&inspection->report, "mended", _("Mail"),
                inspection->report.json ? "yes" : _("has changed it; this is what was signed"));
    return RESULT_OK;
}

static RESULT inspect_file(struct inspection *inspection, struct buffer *file)
{
    struct command *command = inspection->command;
    TRY(collect_keys(inspection));
    TRY(command_read(command, command->arguments->values[0], file));
    inspection->bytes = buffer_slice(file);
    CLEANUP_BUFFER struct buffer document = buffer_make(EVIDENCE_FILE_MAX);
    TRY(undo_mail(inspection, &document));
    const struct result verdict = inspect_any(inspection);
    if (!is_ok(verdict) && !is_of_trust(verdict))
        return mailed_explain(buffer_slice(file), verdict, &command->reason);
    tell_verdict(inspection, verdict);
    TRY(report_finish(&inspection->report));
    TRY(verdict);
    if (is_ok(inspection->record))
        return RESULT_OK;
    command_about(command, command_folder(command));
    return reason_say(&command->reason, inspection->record, "%s", inspection->record_reason.text);
}

static RESULT inspect(struct command *command)
{
    CLEANUP_BUFFER struct buffer file = buffer_make(EVIDENCE_FILE_MAX);
    struct inspection inspection = {.command = command};
    report_begin(&inspection.report, argument_given(command->arguments, "json"));
    const struct result result = inspect_file(&inspection, &file);
    report_free(&inspection.report);
    return result;
}

int command_inspect(const struct arguments *arguments, void *context)
{
    (void)context;
    return command_run(arguments, inspect);
}
