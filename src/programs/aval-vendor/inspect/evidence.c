/*
 * Evidence of machines against a host; see evidence.h. Both checkpoints are held against the key that the evidence
 * names; that this is the key of a licensed host, only a license says.
 */
#include "inspect/evidence.h"

#include "base/sentences.h"
#include "core/tlog/evidence.h"
#include "describe.h"

#include <stdio.h>

static void describe_evidence(struct report *report, const struct ledger_evidence *evidence)
{
    char asked[EVIDENCE_ADDRESS_MAX + 1] = "";
    result_ignore(slice_copy_text(evidence->asked, asked, sizeof asked));
    report_time(report, "time", _("Seen"), evidence->time);
    report_text(report, "asked", _("Asked"), asked);
    describe_key(report, "host_key", _("Host key"), &evidence->host_key);
    report_text(report, "finding", _("Finding"), evidence_finding_name(evidence->finding));
}

static void describe_shown(struct report *report, const char *what, const char *title,
                           const struct checkpoint *checkpoint)
{
    char key[32];
    char root[BASE64_LENGTH(HASH_SIZE) + 1];
    base64_write(checkpoint->root.bytes, HASH_SIZE, root);
    (void)snprintf(key, sizeof key, "%s_size", what);
    report_number(report, key, title, checkpoint->size);
    (void)snprintf(key, sizeof key, "%s_root", what);
    report_text(report, key, _("    root"), root);
}

static RESULT inspect_piece(struct inspection *inspection, const struct ledger_evidence *evidence,
                            const struct license *license)
{
    struct report *report = &inspection->report;
    struct checkpoint kept;
    struct checkpoint shown;
    describe_evidence(report, evidence);
    TRY(evidence_check(evidence, &kept, &shown));
    ENSURE(license == NULL || license_names(license, &evidence->host_key), LICENSE_OTHER_HOST);
    describe_shown(report, "kept", _("  Seen before, size"), &kept);
    describe_shown(report, "shown", _("  Shown then, size"), &shown);
    report_text(report, "meaning", _("Means"), evidence_meaning(evidence->finding));
    if (evidence->finding != EVIDENCE_TWO_TREES)
        report_say(report,
                   _("Have the operator export the whole ledger, and audit it with each of both as --previous."));
    inspection->signer = evidence->host_key;
    return RESULT_OK;
}

RESULT inspect_evidence(struct inspection *inspection)
{
    struct report *report = &inspection->report;
    struct license license;
    const bool licensed = argument_given(inspection->command->arguments, "license");
    struct slice rest = inspection->bytes;
    struct result outcome = RESULT_OK;
    report_text(report, "document", _("Document"), "ledger-evidence");
    if (licensed) {
        TRY(read_license(inspection, &license));
        report_text(report, "license", _("License"), license.id);
    } else {
        report_say(report, _("No license was given, so that only the evidence itself says whose key this is."));
    }
    report_objects_begin(report, "pieces");
    while (rest.size > 0 && is_ok(outcome)) {
        struct ledger_evidence evidence;
        size_t size = 0;
        report_object_begin(report, NULL);
        outcome = evidence_read(rest, &evidence, &size);
        if (is_ok(outcome))
            outcome = inspect_piece(inspection, &evidence, licensed ? &license : NULL);
        report_object_end(report);
        rest = slice_make(rest.data + size, rest.size - size);
    }
    report_objects_end(report);
    return outcome;
}
