/* Documents: one spelling each, read and written alike, and everything else refused with its reason and its line. */
#include "document_kinds.h"
#include "mutate.h"
#include "samples.h"

#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const samples[] = {
    SAMPLE_PRODUCT,  SAMPLE_HOST_REQUEST, SAMPLE_LICENSE, SAMPLE_REQUEST, SAMPLE_LEASE,  SAMPLE_RELEASE,
    SAMPLE_RELEASED, SAMPLE_RECLAIMED,    SAMPLE_EPOCH,   SAMPLE_ABOUT,   SAMPLE_DENIAL, SAMPLE_REVOCATIONS,
};
_Static_assert(sizeof samples / sizeof samples[0] == DOCUMENT_KIND_COUNT, "one sample for each kind");

static const struct document_kind *kind_named(const char *name)
{
    for (size_t i = 0; i < DOCUMENT_KIND_COUNT; i++)
        if (strcmp(document_kinds[i].name, name) == 0)
            return &document_kinds[i];
    fail_msg("no kind %s", name);
    return NULL;
}

/* Reads, writes again, and requires the same bytes; what the reader said. */
static RESULT read_and_compare(const struct document_kind *kind, struct slice text)
{
    void *document = malloc(kind->size);
    assert_non_null(document);
    const struct result outcome = kind->read(text, document);
    if (is_ok(outcome)) {
        struct buffer again CLEANUP_BUFFER = buffer_make(DOCUMENT_MAX);
        assert_true(is_ok(kind->write(document, &again)));
        if (!slice_equal(buffer_slice(&again), text))
            fail_msg("%s has two spellings:\n%.*s\nand\n%s", kind->name, (int)text.size, (const char *)text.data,
                     buffer_text(&again));
    }
    free(document);
    return outcome;
}

static void each_document_is_written_as_it_was_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < DOCUMENT_KIND_COUNT; i++) {
        const struct result outcome = read_and_compare(&document_kinds[i], slice_of(samples[i]));
        if (!is_ok(outcome))
            fail_msg("%s: %s, line %u", document_kinds[i].name, error_info(result_code(outcome))->name,
                     result_place(outcome));
    }
}

static void extensions_survive_in_each_document(void **state)
{
    (void)state;
    for (size_t i = 0; i < DOCUMENT_KIND_COUNT; i++) {
        struct buffer text CLEANUP_BUFFER = buffer_make(DOCUMENT_MAX);
        struct slice note;
        const struct slice head = document_head(slice_of(samples[i]), &note);
        buffer_append_slice(&text, head);
        buffer_append_text(&text, "x-a 1\nx-a-b two words\nx-note für später\n");
        if (note.size > 0)
            buffer_append_byte(&text, '\n');
        buffer_append_slice(&text, note);
        assert_true(is_ok(read_and_compare(&document_kinds[i], buffer_slice(&text))));
    }
}

static bool accepted_and_canonical(void *context, struct slice mutant)
{
    return is_ok(read_and_compare(context, mutant));
}

/* A text that nobody signed may say something else after a flip; what it may not have is two spellings. */
static void a_flipped_bit_never_makes_a_second_spelling(void **state)
{
    (void)state;
    for (size_t i = 0; i < DOCUMENT_KIND_COUNT; i++) {
        struct document_kind kind = document_kinds[i];
        mutate_each_bit(slice_of(samples[i]), accepted_and_canonical, &kind);
    }
}

static void a_truncated_document_is_refused_unless_it_ends_in_a_list(void **state)
{
    (void)state;
    for (size_t i = 0; i < DOCUMENT_KIND_COUNT; i++) {
        struct document_kind kind = document_kinds[i];
        const size_t accepted = mutate_each_truncation(slice_of(samples[i]), accepted_and_canonical, &kind);
        /* Lines that may be absent at the end: two features of the product, and the whole edition before them;
         * revocations' two licenses, two keys; what an epoch was shown; all that an about says. */
        const size_t expected = strcmp(kind.name, "product") == 0       ? 3
                                : strcmp(kind.name, "revocations") == 0 ? 4
                                : strcmp(kind.name, "epoch") == 0       ? 1
                                : strcmp(kind.name, "about") == 0       ? 4
                                                                        : 0;
        assert_int_equal(accepted, expected);
    }
}

struct bad_input {
    const char *what;
    const char *kind;
    const char *from; /* in the sample, replaced once by `to`; NULL: `to` is the whole text */
    const char *to;
    enum error_code code;
    unsigned line;
};

#define HOST_KEY_LINE "host-key " SAMPLE_HOST_KEY "\n"

static const struct bad_input bad_inputs[] = {
    {"empty", "license", NULL, "", ERR_TEXT_EMPTY, 0},
    {"another type", "license", "aval license v1", "aval lease v1", ERR_DOCUMENT_TYPE, 1},
    {"not of Aval", "license", NULL, "#!/bin/sh\n", ERR_DOCUMENT_TYPE, 1},
    {"type of another length", "release", "aval release v1", "aval released v1", ERR_DOCUMENT_TYPE, 1},
    {"version without number", "license", "license v1\n", "license v\n", ERR_DOCUMENT_TYPE, 1},
    {"version with leading zero", "license", "license v1\n", "license v01\n", ERR_DOCUMENT_TYPE, 1},
    {"later version", "license", "license v1\n", "license v2\n", ERR_DOCUMENT_VERSION, 1},
    {"version of two digits", "license", "license v1\n", "license v10\n", ERR_DOCUMENT_VERSION, 1},
    {"not UTF-8", "license", "Universität", "Universit\xe4t", ERR_TEXT_NOT_UTF8, 4},
    {"not text at all", "license", NULL, "\x89PNG\r\n\x1a\n\xff\xff", ERR_TEXT_NOT_UTF8, 1},
    {"carriage return", "license", "seats 26\n", "seats 26\r\n", ERR_DOCUMENT_VALUE, 10},
    {"tab", "license", "mode volume", "mode\tvolume", ERR_DOCUMENT_VALUE, 8},
    {"cut off within a line", "release", "61frtcJsDQ==\n", "", ERR_TEXT_TRUNCATED, 10},
    {"cut off before the last newline", "release", "cJsDQ==\n", "cJsDQ==", ERR_TEXT_TRUNCATED, 10},
    {"cut off within the first line", "release", NULL, "aval rel", ERR_TEXT_TRUNCATED, 1},
    {"first line alone, cut off", "release", NULL, "aval release v1", ERR_TEXT_TRUNCATED, 1},
    {"first line alone", "release", NULL, "aval release v1\n", ERR_DOCUMENT_MISSING_KEY, 2},
    {"empty line behind", "release", "cJsDQ==\n", "cJsDQ==\n\n", ERR_TEXT_TRAILING, 11},
    {"words behind", "release", "cJsDQ==\n", "cJsDQ==\nSent from my phone\n", ERR_TEXT_TRAILING, 11},
    {"unknown key behind", "release", "cJsDQ==\n", "cJsDQ==\ncolour red\n", ERR_DOCUMENT_UNKNOWN_KEY, 11},
    {"known key behind", "release", "cJsDQ==\n", "cJsDQ==\nnumber 8\n", ERR_DOCUMENT_DUPLICATE_KEY, 11},
    {"unknown key within", "license", "seats 26\n", "chairs 26\nseats 26\n", ERR_DOCUMENT_UNKNOWN_KEY, 10},
    {"unknown key instead", "license", "seats 26\n", "chairs 26\n", ERR_DOCUMENT_UNKNOWN_KEY, 10},
    {"key in capitals", "license", "seats 26\n", "Seats 26\n", ERR_DOCUMENT_UNKNOWN_KEY, 10},
    {"empty line within", "license", "seats 26\n", "\nseats 26\n", ERR_DOCUMENT_UNKNOWN_KEY, 10},
    {"key twice", "license", "seats 26\n", "seats 26\nseats 26\n", ERR_DOCUMENT_DUPLICATE_KEY, 11},
    {"key again, later", "license", "renew 7d\n", "renew 7d\nseats 26\n", ERR_DOCUMENT_DUPLICATE_KEY, 14},
    {"two keys exchanged", "license", "seats 26\noverage 2\n", "overage 2\nseats 26\n", ERR_DOCUMENT_ORDER, 10},
    {"missing key", "license", "seats 26\n", "", ERR_DOCUMENT_MISSING_KEY, 10},
    {"missing last key", "license", "not-after 2027-11-03T00:00:00Z\n", "", ERR_DOCUMENT_MISSING_KEY, 19},
    {"extension in the middle", "license", "seats 26\n", "x-a 1\nseats 26\n", ERR_DOCUMENT_ORDER, 10},
    {"extension instead of a key", "license", "seats 26\n", "x-a 1\n", ERR_DOCUMENT_MISSING_KEY, 10},
    {"key behind the extensions", "lease", "feature render\n", "x-a 1\nfeature render\n", ERR_DOCUMENT_ORDER, 9},
    {"extensions exchanged", "release", "cJsDQ==\n", "cJsDQ==\nx-b 1\nx-a 1\n", ERR_DOCUMENT_ORDER, 12},
    {"extension twice", "release", "cJsDQ==\n", "cJsDQ==\nx-a 1\nx-a 2\n", ERR_DOCUMENT_DUPLICATE_KEY, 12},
    {"extension without a name", "release", "cJsDQ==\n", "cJsDQ==\nx- 1\n", ERR_DOCUMENT_VALUE, 11},
    {"extension without a value", "release", "cJsDQ==\n", "cJsDQ==\nx-a\n", ERR_DOCUMENT_VALUE, 11},
    {"extension with an empty value", "release", "cJsDQ==\n", "cJsDQ==\nx-a \n", ERR_DOCUMENT_VALUE, 11},
    {"extension in capitals", "release", "cJsDQ==\n", "cJsDQ==\nx-A 1\n", ERR_DOCUMENT_VALUE, 11},
    {"no value", "license", "seats 26\n", "seats\n", ERR_DOCUMENT_VALUE, 10},
    {"empty value", "license", "seats 26\n", "seats \n", ERR_DOCUMENT_VALUE, 10},
    {"two spaces", "license", "seats 26\n", "seats  26\n", ERR_DOCUMENT_VALUE, 10},
    {"space at the end", "license", "seats 26\n", "seats 26 \n", ERR_DOCUMENT_VALUE, 10},
    {"leading zero", "license", "seats 26\n", "seats 026\n", ERR_DOCUMENT_VALUE, 10},
    {"sign", "license", "seats 26\n", "seats +26\n", ERR_DOCUMENT_VALUE, 10},
    {"not a number", "license", "seats 26\n", "seats many\n", ERR_DOCUMENT_VALUE, 10},
    {"no seats", "license", "seats 26\n", "seats 0\n", ERR_DOCUMENT_VALUE, 10},
    {"too many seats", "license", "seats 26\n", "seats 1000000001\n", ERR_DOCUMENT_VALUE, 10},
    {"no threshold", "license", "threshold 25\n", "threshold 0\n", ERR_DOCUMENT_VALUE, 9},
    {"unknown mode", "license", "mode volume\n", "mode retail\n", ERR_DOCUMENT_VALUE, 8},
    {"mode that goes without saying", "request", "edition pro\n", "edition pro\nmode volume\n", ERR_DOCUMENT_VALUE, 5},
    {"mode twice", "request", "edition pro\n", "edition pro\nmode counted\nmode counted\n", ERR_DOCUMENT_DUPLICATE_KEY,
     6},
    {"mode before the edition", "request", "edition pro\n", "mode counted\nedition pro\n", ERR_DOCUMENT_ORDER, 4},
    {"id in capitals", "license", "edition pro\n", "edition Pro\n", ERR_DOCUMENT_VALUE, 7},
    {"id that ends in a dot", "license", "edition pro\n", "edition pro.\n", ERR_DOCUMENT_VALUE, 7},
    {"id with a slash", "license", "license lic-2026-0001\n", "license lic/2026\n", ERR_DOCUMENT_VALUE, 2},
    {"text that ends in a space", "license", "Beispiel\n", "Beispiel \n", ERR_DOCUMENT_VALUE, 4},
    {"text with a control character", "license", "Beispiel\n", "Beispiel\xc2\x85\n", ERR_DOCUMENT_VALUE, 4},
    {"text with delete", "license", "Beispiel\n", "Beispiel\x7f\n", ERR_DOCUMENT_VALUE, 4},
    {"minutes that are an hour", "license", "retry 2h\n", "retry 120m\n", ERR_DOCUMENT_VALUE, 14},
    {"duration without unit", "license", "retry 2h\n", "retry 7200\n", ERR_DOCUMENT_VALUE, 14},
    {"day that does not exist", "license", "2027-11-03T00", "2027-02-29T00", ERR_DOCUMENT_VALUE, 19},
    {"time with an offset", "license", "issued 2026-11-03T12:00:00Z", "issued 2026-11-03T12:00:00+00:00",
     ERR_DOCUMENT_VALUE, 17},
    {"ends as it begins", "license", "not-after 2027", "not-after 2026", ERR_DOCUMENT_DATES, 19},
    {"ends before it begins", "license", "not-after 2027", "not-after 2025", ERR_DOCUMENT_DATES, 19},
    {"renewal after the end", "license", "renew 7d\n", "renew 181d\n", ERR_DOCUMENT_DATES, 13},
    {"retry after the end", "license", "retry 2h\n", "retry 181d\n", ERR_DOCUMENT_DATES, 14},
    {"retry at once", "license", "retry 2h\n", "retry 0s\n", ERR_DOCUMENT_DATES, 14},
    {"lease of no length", "license", "lease 180d\n", "lease 59s\n", ERR_DOCUMENT_DATES, 12},
    {"features exchanged", "license", "feature export\nfeature render\n", "feature render\nfeature export\n",
     ERR_DOCUMENT_ORDER, 16},
    {"feature twice", "license", "feature render\n", "feature export\n", ERR_DOCUMENT_DUPLICATE_KEY, 16},
    {"host key cut off", "license", "ZH33hp\n", "\n", ERR_KEY_FORM, 5},
    {"host key with another hash", "license", "+b3d6ada3+", "+b3d6ada4+", ERR_KEY_FORM, 5},
    {"host key of another vendor", "license", "vendor acme.example\n", "vendor acme.example.org\n", ERR_DOCUMENT_VALUE,
     5},
    {"host key that is a vendor's", "license", HOST_KEY_LINE, "host-key " SAMPLE_VENDOR_KEY "\n", ERR_DOCUMENT_VALUE,
     5},
    {"machine key that is another's name", "request", SAMPLE_MACHINE_KEY, SAMPLE_HOST_KEY, ERR_DOCUMENT_VALUE, 5},
    {"machine key cut off", "request", "7xe2sr6+\n", "\n", ERR_KEY_FORM, 5},
    {"machine key with another hash", "request", "+33becb7a+", "+33becb7b+", ERR_KEY_FORM, 5},
    {"machine id alone", "request", SAMPLE_MACHINE_KEY, SAMPLE_MACHINE, ERR_KEY_FORM, 5},
    {"asked host of another vendor", "request", "vendor acme.example\n", "vendor acme.example.org\n",
     ERR_DOCUMENT_VALUE, 6},
    {"asked host that is a vendor", "request", HOST_KEY_LINE, "host-key " SAMPLE_VENDOR_KEY "\n", ERR_DOCUMENT_VALUE,
     6},
    {"no number", "request", "number 7\n", "", ERR_DOCUMENT_MISSING_KEY, 7},
    {"numbers from one on", "request", "number 7\n", "number 0\n", ERR_DOCUMENT_VALUE, 7},
    {"a number too high", "request", "number 7\n", "number 9223372036854775808\n", ERR_DOCUMENT_VALUE, 7},
    {"a release's numbers from one on", "release", "number 8\n", "number 0\n", ERR_DOCUMENT_VALUE, 5},
    {"a release's number too high", "release", "number 8\n", "number 9223372036854775808\n", ERR_DOCUMENT_VALUE, 5},
    {"a release by another's name", "release", SAMPLE_MACHINE_KEY, SAMPLE_VENDOR_KEY, ERR_DOCUMENT_VALUE, 3},
    {"hardware exchanged", "request", "hardware board", "hardware eboard", ERR_DOCUMENT_ORDER, 11},
    {"hardware twice", "request", "hardware board EREREREREREREREREREREQ==",
     "hardware board EREREREREREREREREREREQ==\nhardware board EREREREREREREREREREREQ==", ERR_DOCUMENT_DUPLICATE_KEY,
     11},
    {"hardware of one kind exchanged", "request", "hardware board EREREREREREREREREREREQ==",
     "hardware board EREREREREREREREREREREQ==\nhardware board AREREREREREREREREREREQ==", ERR_DOCUMENT_ORDER, 11},
    {"hardware without digest", "request", "hardware board EREREREREREREREREREREQ==", "hardware board",
     ERR_DOCUMENT_VALUE, 10},
    {"hardware of too long a kind", "request", "hardware board", "hardware b123456789012345", ERR_DOCUMENT_VALUE, 10},
    {"hardware of a kind that is no word", "request", "hardware board", "hardware board-1", ERR_DOCUMENT_VALUE, 10},
    {"unknown state", "request", "state grace", "state happy", ERR_DOCUMENT_VALUE, 9},
    {"nothing seen", "request", SAMPLE_SEEN, "", ERR_DOCUMENT_MISSING_KEY, 13},
    {"seen of another host", "request", "seen-origin kms.", "seen-origin kms2.", ERR_DOCUMENT_VALUE, 13},
    {"seen of an epoch that has no name", "request", "seen-origin kms.uni.example/acme.example\n",
     "seen-origin kms.uni.example/acme.example/epoch-1\n", ERR_DOCUMENT_VALUE, 13},
    {"seen of another host by a release", "release", "seen-origin kms.", "seen-origin kms2.", ERR_DOCUMENT_VALUE, 7},
    {"more seen than can be", "request", "seen-size 70000\n", "seen-size 9223372036854775808\n", ERR_DOCUMENT_VALUE,
     14},
    {"base64 of another length", "request", "seen-root " SAMPLE_ROOT, "seen-root AAECAwQFBgcICQoLDA0O", ERR_BASE64, 15},
    {"base64 with spare bits", "request", "XEN0=", "XEN1=", ERR_BASE64, 15},
    {"base64 without padding", "request", "XEN0=", "XEN0", ERR_BASE64, 15},
    {"base64 for addresses", "request", "T/QSp", "T_QSp", ERR_BASE64, 15},
    {"signature of another length", "request", "rtcJsDQ==\n", "rtcJs\n", ERR_BASE64, 16},
    {"a lease that ends as it begins", "lease", "2027-05-21T09:00:01Z", "2026-11-22T09:00:01Z", ERR_DOCUMENT_DATES, 4},
    {"a lease renewed after its end", "lease", "renew-after 7d", "renew-after 181d", ERR_DOCUMENT_DATES, 5},
    {"a lease that says it is not offline", "lease", "issued", "offline no\nissued", ERR_DOCUMENT_VALUE, 3},
    {"a lease offline twice", "lease", "issued", "offline yes\noffline yes\nissued", ERR_DOCUMENT_DUPLICATE_KEY, 4},
    {"a lease without its request", "lease", "\n" SAMPLE_REQUEST_NOTE, "", ERR_TEXT_TRUNCATED, 9},
    {"a lease and an empty line", "lease", SAMPLE_REQUEST_NOTE, "", ERR_TEXT_TRUNCATED, 9},
    {"two empty lines before the request", "lease", "\naval request", "\n\naval request", ERR_DOCUMENT_TYPE, 10},
    {"a lease with a request that nobody signed", "lease", SAMPLE_REQUEST_SIGNATURE, "", ERR_NOTE_FORM, 0},
    {"a lease with a release", "lease", SAMPLE_REQUEST_NOTE, SAMPLE_RELEASE_NOTE, ERR_DOCUMENT_TYPE, 10},
    {"a lease with two requests", "lease", SAMPLE_REQUEST_NOTE, SAMPLE_REQUEST_NOTE "\n" SAMPLE_REQUEST_NOTE,
     ERR_TEXT_TRAILING, 26},
    {"a request within that is none", "lease", "number 7\n", "number 0\n", ERR_DOCUMENT_VALUE, 16},
    {"words behind a leaf", "lease", SAMPLE_REQUEST_SIGNATURE, SAMPLE_REQUEST_SIGNATURE "and more\n", ERR_NOTE_FORM,
     28},
    {"a lease signed by another machine", "lease", "— " SAMPLE_MACHINE, "— " OTHER_MACHINE, ERR_SIGNER_UNKNOWN, 0},
    {"a release record with a request", "released", SAMPLE_RELEASE_NOTE, SAMPLE_REQUEST_NOTE, ERR_DOCUMENT_TYPE, 4},
    {"a release record without its release", "released", SAMPLE_RELEASE_NOTE, "", ERR_TEXT_TRUNCATED, 3},
    {"a release record without a time", "released", "released 2026-12-24T18:00:00Z\n", "", ERR_DOCUMENT_MISSING_KEY, 2},
    {"an epoch for another reason", "epoch", "why lost\n", "why sold\n", ERR_DOCUMENT_VALUE, 7},
    {"an epoch for no reason", "epoch", "why lost\n", "", ERR_DOCUMENT_MISSING_KEY, 7},
    {"an epoch behind too much", "epoch", "size 70000\n", "size 9223372036854775808\n", ERR_DOCUMENT_VALUE, 4},
    {"more found than can be", "epoch", "found 69000\n", "found 9223372036854775808\n", ERR_DOCUMENT_VALUE, 6},
    {"an epoch that was shown one ledger twice", "epoch", SAMPLE_SHOWN, SAMPLE_SHOWN SAMPLE_SHOWN,
     ERR_DOCUMENT_DUPLICATE_KEY, 16},
    {"an epoch that was shown half a checkpoint", "epoch", "shown-root " SAMPLE_ROOT "\n", "", ERR_DOCUMENT_MISSING_KEY,
     11},
    {"an epoch that was shown too much", "epoch", "shown-size 70001\n", "shown-size 9223372036854775808\n",
     ERR_DOCUMENT_VALUE, 10},
    {"too high a threshold", "license", "threshold 25\n", "threshold 1000000001\n", ERR_DOCUMENT_VALUE, 9},
    {"too much overage", "license", "overage 2\n", "overage 1000000001\n", ERR_DOCUMENT_VALUE, 11},
    {"unknown denial", "denial", "code below-threshold", "code bad-mood", ERR_DOCUMENT_VALUE, 2},
    {"an error that is no denial", "denial", "code below-threshold", "code file-read", ERR_DOCUMENT_VALUE, 2},
    {"count without threshold", "denial", "threshold 25\n", "", ERR_DOCUMENT_MISSING_KEY, 5},
    {"threshold without count", "denial", "count 12\n", "", ERR_DOCUMENT_ORDER, 4},
    {"numbers exchanged", "denial", "count 12\nthreshold 25\nseats 28\nheld 0\n",
     "seats 28\nheld 0\ncount 12\nthreshold 25\n", ERR_DOCUMENT_ORDER, 6},
    {"number behind the last key", "denial", "date 2027-11-03T00:00:00Z\nretry-after 2h\n",
     "retry-after 2h\ndate 2027-11-03T00:00:00Z\n", ERR_DOCUMENT_ORDER, 14},
    {"a rate of nobody", "denial", "new-from address\n", "new-from somewhere\n", ERR_DOCUMENT_VALUE, 10},
    {"a rate of nothing", "denial", "new-at-once 10000\n", "new-at-once 0\n", ERR_DOCUMENT_VALUE, 11},
    {"no vendor key", "product", "vendor-key " SAMPLE_VENDOR_KEY "\n", "", ERR_DOCUMENT_MISSING_KEY, 7},
    {"vendor key twice", "product", "vendor-key " SAMPLE_VENDOR_KEY "\n",
     "vendor-key " SAMPLE_VENDOR_KEY "\nvendor-key " SAMPLE_VENDOR_KEY "\n", ERR_DOCUMENT_DUPLICATE_KEY, 8},
    {"key of another vendor", "product", "vendor acme.example\n", "vendor acme.example.org\n", ERR_DOCUMENT_VALUE, 7},
    {"editions exchanged", "product", "edition edu\n", "edition zoo\n", ERR_DOCUMENT_VALUE, 10},
    {"edition twice", "product", "edition pro\n", "edition edu\n", ERR_DOCUMENT_DUPLICATE_KEY, 11},
    {"edition out of order", "product", "edition pro\n", "edition ads\n", ERR_DOCUMENT_ORDER, 11},
    {"key of another edition", "product", "key 4K0Y8-7SC80-00000-00000-0K6GY\n", "key 4MF4F-498E0-00000-00000-0D2P6\n",
     ERR_DOCUMENT_VALUE, 13},
    {"key with a serial", "product", "key 4MF4F-498E0-00000-00000-0D2P6\n", "key 4MF4F-498EZ-ZZZZZ-ZZZZZ-ZVP8T\n",
     ERR_DOCUMENT_VALUE, 10},
    {"mistyped key", "product", "key 4MF4F", "key 4MF4G", ERR_DOCUMENT_VALUE, 10},
    {"key in small letters", "product", "key 4MF4F", "key 4mf4f", ERR_DOCUMENT_VALUE, 10},
    {"edition with two titles", "product", "title Studio Professional\n", "title Studio Professional\ntitle Again\n",
     ERR_DOCUMENT_ORDER, 13},
    {"edition without title", "product", "title Studio Professional\n", "", ERR_DOCUMENT_MISSING_KEY, 12},
    {"sequence from zero", "revocations", "sequence 3\n", "sequence 0\n", ERR_DOCUMENT_VALUE, 3},
    {"revoked licenses exchanged", "revocations", "license lic-2025-0007\n", "license lic-2027-0007\n",
     ERR_DOCUMENT_ORDER, 6},
    {"revoked key twice", "revocations", "host-key " OTHER_HOST_KEY "\n", HOST_KEY_LINE, ERR_DOCUMENT_DUPLICATE_KEY, 8},
    {"licenses behind keys", "revocations", HOST_KEY_LINE, HOST_KEY_LINE "license lic-2028-0001\n", ERR_DOCUMENT_ORDER,
     8},
    {"key for another host", "host_request", "host kms.uni.example\n", "host kms2.uni.example\n", ERR_DOCUMENT_VALUE,
     5},
    {"host with an underscore at its end", "host_request", "host kms.uni.example\n", "host kms.uni.example_\n",
     ERR_DOCUMENT_VALUE, 2},
};

/* The sample of a kind with one part of it replaced. */
static void replace(const char *kind, const char *from, const char *to, struct buffer *out)
{
    const char *sample = samples[kind_named(kind) - document_kinds];
    const char *found = strstr(sample, from);
    if (found == NULL)
        fail_msg("the sample of %s has no \"%s\"", kind, from);
    buffer_append(out, sample, (size_t)(found - sample));
    buffer_append_text(out, to);
    buffer_append_text(out, found + strlen(from));
}

static const struct {
    const char *kind;
    const char *from;
    const char *to;
} good_inputs[] = {
    {"license", "threshold 25\n", "threshold 1\n"},
    {"license", "threshold 25\n", "threshold 1000000000\n"},
    {"license", "seats 26\n", "seats 1\n"},
    {"license", "seats 26\n", "seats 1000000000\n"},
    {"license", "overage 2\n", "overage 0\n"},
    {"license", "overage 2\n", "overage 1000000000\n"},
    {"license", "lease 180d\nrenew 7d\nretry 2h\n", "lease 1m\nrenew 1m\nretry 1m\n"},
    {"license", "renew 7d\nretry 2h\n", "renew 0s\nretry 1s\n"},
    {"license", "not-after 2027-11-03T00:00:00Z\n", "not-after 2026-11-03T00:00:01Z\n"},
    {"request", "number 7\n", "number 1\n"},
    {"request", "number 7\n", "number 9223372036854775807\n"},
    {"request", "seen-size 70000\n", "seen-size 0\n"},
    {"request", "seen-size 70000\n", "seen-size 9223372036854775807\n"},
    {"request", "seen-origin kms.uni.example/acme.example\n", "seen-origin kms.uni.example/acme.example/epoch-2\n"},
    {"request", SAMPLE_HARDWARE, ""},
    {"release", "number 8\n", "number 1\n"},
    {"release", "number 8\n", "number 9223372036854775807\n"},
    {"release", "seen-size 70000\n", "seen-size 0\n"},
    {"lease", "issued", "offline yes\nissued"},
    {"lease", "feature export\nfeature render\n", ""},
    {"lease", "expires 2027-05-21T09:00:01Z\nrenew-after 7d\nretry-after 2h\n",
     "expires 2026-11-22T09:00:02Z\nrenew-after 1s\nretry-after 0s\n"},
    {"epoch", "size 70000\n", "size 0\n"},
    {"epoch", SAMPLE_SHOWN, ""},
    {"epoch", SAMPLE_SHOWN, SAMPLE_SHOWN SAMPLE_SHOWN_LATER},
    {"epoch", "why lost\n", "why restored\n"},
    {"epoch", "why lost\n", "why clock\n"},
    {"epoch", "size 70000\n", "size 9223372036854775807\n"},
    {"epoch", "found 69000\n", "found 0\n"},
    {"epoch", "found 69000\n", "found 9223372036854775807\n"},
    {"denial", "count 12\nthreshold 25\nseats 28\nheld 0\n", "count 0\nthreshold 0\nseats 0\nheld 0\n"},
    {"denial", "count 12\nthreshold 25\n", "count 18446744073709551615\nthreshold 18446744073709551615\n"},
    {"denial", "seats 28\nheld 0\n", "seats 18446744073709551615\nheld 18446744073709551615\n"},
    {"denial", "retry-after 2h\n", "retry-after 0s\n"},
    {"denial", "new-from address\n", "new-from all\n"},
    {"denial", "new-at-once 10000\nnew-per-hour 1000\n", "new-at-once 18446744073709551615\nnew-per-hour 0\n"},
    {"revocations", "sequence 3\n", "sequence 1\n"},
    {"revocations", "sequence 3\n", "sequence 18446744073709551615\n"},
};

static void numbers_up_to_their_limits_are_read_and_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good_inputs / sizeof good_inputs[0]; i++) {
        struct buffer text CLEANUP_BUFFER = buffer_make(DOCUMENT_MAX);
        replace(good_inputs[i].kind, good_inputs[i].from, good_inputs[i].to, &text);
        const struct result outcome = read_and_compare(kind_named(good_inputs[i].kind), buffer_slice(&text));
        if (!is_ok(outcome))
            fail_msg("%s: %s, line %u", good_inputs[i].to, error_info(result_code(outcome))->name,
                     result_place(outcome));
    }
}

static void bad_input_is_refused_with_its_reason_and_its_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_inputs / sizeof bad_inputs[0]; i++) {
        const struct bad_input *bad = &bad_inputs[i];
        const struct document_kind *kind = kind_named(bad->kind);
        struct buffer text CLEANUP_BUFFER = buffer_make(DOCUMENT_MAX);
        if (bad->from != NULL)
            replace(bad->kind, bad->from, bad->to, &text);
        else
            buffer_append_text(&text, bad->to);
        const struct result outcome = read_and_compare(kind, buffer_slice(&text));
        if (result_code(outcome) != bad->code || result_place(outcome) != bad->line)
            fail_msg("%s: expected %s in line %u, not %s in line %u", bad->what, error_info(bad->code)->name, bad->line,
                     is_ok(outcome) ? "ok" : error_info(result_code(outcome))->name, result_place(outcome));
    }
}

static void a_zero_byte_is_refused(void **state)
{
    (void)state;
    char text[] = SAMPLE_LICENSE;
    *strchr(text, '-') = 0;
    struct license license;
    const struct result outcome = license_read(slice_make(text, sizeof text - 1), &license);
    assert_int_equal(result_code(outcome), ERR_DOCUMENT_VALUE);
    assert_int_equal(result_place(outcome), 2);
}

static void an_oversized_document_is_refused(void **state)
{
    (void)state;
    char *text = malloc(DOCUMENT_MAX + 1);
    assert_non_null(text);
    memset(text, 'a', DOCUMENT_MAX + 1);
    struct license license;
    const struct result outcome = license_read(slice_make(text, DOCUMENT_MAX + 1), &license);
    free(text);
    assert_int_equal(result_code(outcome), ERR_TEXT_TOO_LONG);
}

static void a_list_beyond_its_limit_is_refused(void **state)
{
    (void)state;
    struct license license = sample_license();
    license.features = (struct features){0};
    for (int i = 0; i < FEATURES_MAX; i++) {
        char name[NAME_SIZE];
        snprintf(name, sizeof name, "f%02d", i);
        assert_true(is_ok(features_add(&license.features, slice_of(name))));
    }
    struct buffer text CLEANUP_BUFFER = buffer_make(DOCUMENT_MAX);
    assert_true(is_ok(license_write(&license, &text)));
    assert_true(is_ok(license_read(buffer_slice(&text), &license)));
    struct buffer more CLEANUP_BUFFER = buffer_make(DOCUMENT_MAX);
    const char *at = strstr(buffer_text(&text), "issued");
    buffer_append(&more, text.data, (size_t)(at - buffer_text(&text)));
    buffer_printf(&more, "feature g\n%s", at);
    const struct result outcome = license_read(buffer_slice(&more), &license);
    assert_int_equal(result_code(outcome), ERR_DOCUMENT_LIMIT);
    assert_int_equal(result_place(outcome), 15 + FEATURES_MAX);
}

static void extensions_beyond_their_limit_are_refused(void **state)
{
    (void)state;
    struct buffer text CLEANUP_BUFFER = buffer_make(DOCUMENT_MAX);
    buffer_append_text(&text, SAMPLE_RELEASE);
    for (int i = 0; i < 4; i++) /* 4 * 256 bytes are all that fit */
        buffer_printf(&text, "x-%d %0251d\n", i, 0);
    assert_true(is_ok(read_and_compare(kind_named("release"), buffer_slice(&text))));
    buffer_append_text(&text, "x-4 0\n");
    const struct result outcome = read_and_compare(kind_named("release"), buffer_slice(&text));
    assert_int_equal(result_code(outcome), ERR_DOCUMENT_LIMIT);
    assert_int_equal(result_place(outcome), 15);
}

static void a_failed_reading_leaves_the_output_untouched(void **state)
{
    (void)state;
    struct license license;
    memset(&license, 0x5a, sizeof license);
    const struct license before = license;
    assert_false(is_ok(license_read(slice_of("aval license v1\nlicense a\n"), &license)));
    assert_memory_equal(&license, &before, sizeof license);
}

static void a_writer_refuses_what_its_reader_would_refuse(void **state)
{
    (void)state;
    const struct license good = sample_license();
    struct license bad[8];
    for (size_t i = 0; i < 8; i++)
        bad[i] = good;
    bad[0].id[0] = 'A';
    memset(bad[1].vendor, 'a', sizeof bad[1].vendor); /* without its end */
    bad[2].not_after = bad[2].not_before;
    bad[3].seats = 0;
    bad[4].features.count = FEATURES_MAX + 1;
    memcpy(bad[5].features.names[1], "aaa", 4);
    bad[6].host_keys[0].public_key[0] ^= 1;
    memcpy(bad[7].extensions.lines, "seats 5\n", 9);
    const struct {
        enum error_code code;
        unsigned line;
    } expected[8] = {
        {ERR_DOCUMENT_VALUE, 2},  {ERR_DOCUMENT_VALUE, 3},  {ERR_DOCUMENT_DATES, 19},
        {ERR_DOCUMENT_VALUE, 10}, {ERR_DOCUMENT_VALUE, 17}, /* the third name is empty */
        {ERR_DOCUMENT_ORDER, 16}, {ERR_KEY_FORM, 5},        {ERR_DOCUMENT_UNKNOWN_KEY, 20},
    };
    for (size_t i = 0; i < 8; i++) {
        struct buffer out CLEANUP_BUFFER = buffer_make(DOCUMENT_MAX);
        buffer_append_text(&out, "before\n");
        const struct result outcome = license_write(&bad[i], &out);
        assert_int_equal(result_code(outcome), expected[i].code);
        assert_int_equal(result_place(outcome), expected[i].line);
        assert_int_equal(result_code(buffer_status(&out)), expected[i].code);
        assert_string_equal(buffer_text(&out), "before\n");
    }
}

static void a_writer_reports_a_buffer_that_is_too_small(void **state)
{
    (void)state;
    const struct license license = sample_license();
    struct buffer out CLEANUP_BUFFER = buffer_make(100);
    assert_int_equal(result_code(license_write(&license, &out)), ERR_TEXT_TOO_LONG);
    assert_int_equal(buffer_slice(&out).size, 0);
}

static void the_values_of_a_license_are_those_of_its_text(void **state)
{
    (void)state;
    const struct license license = sample_license();
    assert_string_equal(license.id, "lic-2026-0001");
    assert_string_equal(license.customer, "Universität Beispiel");
    assert_string_equal(license.host_keys[0].name, "kms.uni.example/acme.example");
    assert_int_equal(license.mode, LICENSE_VOLUME);
    assert_int_equal(license.threshold, 25);
    assert_int_equal(license.seats, 26);
    assert_int_equal(license.overage, 2);
    assert_int_equal(license.lease, 180 * DAY);
    assert_int_equal(license.renew, 7 * DAY);
    assert_int_equal(license.retry, 2 * HOUR);
    assert_int_equal(license.features.count, 2);
    assert_int_equal(license.not_after - license.not_before, 365 * DAY);
}

static void the_type_of_a_document_is_told_by_its_first_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < DOCUMENT_KIND_COUNT; i++)
        assert_int_equal(document_type_of(slice_of(samples[i])), DOCUMENT_PRODUCT + i);
    const struct {
        const char *text;
        enum document_type type;
    } others[] = {
        {"", DOCUMENT_UNKNOWN},
        {"hello\n", DOCUMENT_UNKNOWN},
        {"aval \n", DOCUMENT_UNKNOWN},
        {"aval licenses v1\n", DOCUMENT_UNKNOWN},
        {"aval license v2\n", DOCUMENT_LICENSE},
        {"c2sp.org/tlog-proof@v1\nindex 4\n", DOCUMENT_TLOG_PROOF},
        {"example.com/log\n15\n" SAMPLE_ROOT "\n", DOCUMENT_CHECKPOINT},
        {"example.com/log\n015\n" SAMPLE_ROOT "\n", DOCUMENT_UNKNOWN},
        {"example.com/log\n15\n", DOCUMENT_UNKNOWN},
        {"o\n15\n" SAMPLE_ROOT "\nwhat follows\n", DOCUMENT_CHECKPOINT},
        {"\n15\n" SAMPLE_ROOT "\n", DOCUMENT_UNKNOWN},
        {"o\n15\n" SAMPLE_ROOT, DOCUMENT_UNKNOWN},
        {"o\n15\nAAECAwQFBgcICQoLDA0ODw==\n", DOCUMENT_UNKNOWN},
        {"aval license", DOCUMENT_UNKNOWN},
        {"aval licens v1\n", DOCUMENT_UNKNOWN},
        {"aval  v1\n", DOCUMENT_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_int_equal(document_type_of(slice_of(others[i].text)), others[i].type);
    assert_string_equal(document_type_name(DOCUMENT_HOST_REQUEST), "host-request");
}

static void an_edition_is_found_by_its_id(void **state)
{
    (void)state;
    struct product *product = malloc(sizeof *product);
    assert_non_null(product);
    assert_true(is_ok(product_read(slice_of(SAMPLE_PRODUCT), product)));
    assert_string_equal(product_edition(product, "pro")->title, "Studio Professional");
    assert_null(product_edition(product, "home"));
    free(product);
}

static void revocations_hold_a_license_by_its_id_or_its_host_key(void **state)
{
    (void)state;
    struct revocations *revocations = malloc(sizeof *revocations);
    assert_non_null(revocations);
    assert_true(is_ok(revocations_read(slice_of(SAMPLE_REVOCATIONS), revocations)));
    struct license license = sample_license();
    const struct verifier_key revoked = license.host_keys[0];
    assert_true(revocations_hold(revocations, &license, &revoked));
    revocations->host_key_count = 0;
    assert_true(revocations_hold(revocations, &license, &revoked));
    assert_true(revocations_hold(revocations, &license, NULL));
    memcpy(license.id, "lic-2026-0002", 14);
    assert_false(revocations_hold(revocations, &license, &revoked));
    assert_false(revocations_hold(revocations, &license, NULL));
    revocations->host_key_count = 1;
    assert_true(revocations_hold(revocations, &license, &revoked));
    assert_true(revocations_hold(revocations, &license, NULL));
    memcpy(revocations->vendor, "other.example", 14);
    assert_false(revocations_hold(revocations, &license, &revoked));
    free(revocations);
}

static void a_revoked_key_of_one_host_leaves_the_license_to_the_others(void **state)
{
    (void)state;
    struct revocations *revocations = malloc(sizeof *revocations);
    assert_non_null(revocations);
    assert_true(is_ok(revocations_read(slice_of(SAMPLE_REVOCATIONS), revocations)));
    revocations->license_count = 0;
    revocations->host_key_count = 1;
    struct license license = sample_license();
    const struct verifier_key revoked = license.host_keys[0];
    struct verifier_key other;
    assert_true(is_ok(verifier_key_read(slice_of(OTHER_HOST_KEY), &other)));
    assert_true(is_ok(license_add_host(&license, &other)));
    assert_true(revocations_hold(revocations, &license, &revoked));
    assert_false(revocations_hold(revocations, &license, &other));
    assert_false(revocations_hold(revocations, &license, NULL));
    free(revocations);
}

static void sign_sample(const char *text, const char *name, uint8_t letter, struct buffer *ret_note)
{
    struct signing_key *key CLEANUP_SIGNING_KEY = sample_key(name, letter);
    const struct signing_key *const keys[] = {key};
    *ret_note = buffer_make(NOTE_MAX);
    assert_true(is_ok(note_sign(slice_of(text), keys, 1, ret_note)));
}

static const struct verifier_key *vendor_key(void)
{
    static struct verifier_key key;
    assert_true(is_ok(verifier_key_read(slice_of(SAMPLE_VENDOR_KEY), &key)));
    return &key;
}

/* Opens a note of any signed kind; the document itself is thrown away. */
static RESULT open_note(const char *kind, struct slice note)
{
    void *document = malloc(kind_named(kind)->size);
    assert_non_null(document);
    struct result outcome = FAIL(INTERNAL);
    if (strcmp(kind, "product") == 0)
        outcome = product_open(note, vendor_key(), 1, document);
    if (strcmp(kind, "license") == 0)
        outcome = license_open(note, vendor_key(), 1, document);
    if (strcmp(kind, "revocations") == 0)
        outcome = revocations_open(note, vendor_key(), 1, document);
    if (strcmp(kind, "host_request") == 0)
        outcome = host_request_open(note, document);
    free(document);
    return outcome;
}

/* What the sample says when that key has signed it; it names the vendor's. */
static RESULT open_own(const char *text, const char *signer, uint8_t letter)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    struct product *product = malloc(sizeof *product);
    assert_non_null(product);
    product->vendor_key_count = 0;
    sign_sample(text, signer, letter, &note);
    const struct result outcome = product_open_own(buffer_slice(&note), product);
    assert_true(!is_ok(outcome) || verifier_key_equal(&product->vendor_keys[0], vendor_key()));
    free(product);
    return outcome;
}

static void a_product_may_be_opened_by_the_key_that_it_names_first_and_by_no_other(void **state)
{
    (void)state;
    assert_true(is_ok(open_own(SAMPLE_PRODUCT, "acme.example", VENDOR_SEED)));
    assert_int_equal(result_code(open_own(SAMPLE_PRODUCT, "acme.example", HOST_SEED)), ERR_SIGNER_UNKNOWN);
    assert_int_equal(result_code(open_own(SAMPLE_PRODUCT, "zoo.example", VENDOR_SEED)), ERR_SIGNER_UNKNOWN);
    assert_int_equal(result_code(open_own(SAMPLE_REVOCATIONS, "acme.example", VENDOR_SEED)), ERR_DOCUMENT_TYPE);
    struct product product;
    assert_int_equal(result_code(product_open_own(slice_of("no note"), &product)), ERR_NOTE_FORM);
}

/* Of four keys of a vendor, as a product document names them: in use, spare, and two former ones. Rows revoke columns.
 */
static void a_vendors_key_is_revoked_by_one_that_stands_above_it(void **state)
{
    (void)state;
    enum { KEYS = 4, REFUSED = 0, TAKEN = 1 };
    static const int ALLOWED[KEYS][KEYS] = {{0, 0, 1, 1}, {1, 0, 1, 1}, {0, 0, 0, 1}, {0, 0, 0, 0}};
    struct verifier_key keys[KEYS];
    for (unsigned i = 0; i < KEYS; i++) {
        struct signing_key *key CLEANUP_SIGNING_KEY = sample_key("acme.example", (uint8_t)('p' + i));
        keys[i] = *signing_key_verifier(key);
    }
    struct revocations *revocations = calloc(1, sizeof *revocations);
    assert_non_null(revocations);
    for (unsigned signer = 0; signer < KEYS; signer++) {
        for (size_t revoked = 0; revoked < KEYS; revoked++) {
            CLEANUP_BUFFER struct buffer text = buffer_make(DOCUMENT_MAX);
            CLEANUP_BUFFER struct buffer note = {0};
            *revocations = (struct revocations){.vendor = "acme.example", .sequence = 1, .vendor_key_count = 1};
            revocations->vendor_keys[0] = keys[revoked];
            assert_true(is_ok(revocations_write(revocations, &text)));
            sign_sample(buffer_text(&text), "acme.example", (uint8_t)('p' + signer), &note);
            const struct result opened = revocations_open(buffer_slice(&note), keys, KEYS, revocations);
            assert_int_equal(result_code(opened), ALLOWED[signer][revoked] == TAKEN ? OK : ERR_KEY_RANK);
            if (!is_ok(opened))
                continue;
            assert_int_equal(revocations->rank, vendor_key_rank(signer));
            assert_true(revocations_hold_signer(revocations, &keys[revoked]));
            assert_false(revocations_hold_signer(revocations, &keys[signer]));
        }
    }
    free(revocations);
}

static void revocations_of_a_higher_key_take_the_place_of_any_by_a_lower(void **state)
{
    (void)state;
    struct revocations *one = calloc(2, sizeof *one);
    assert_non_null(one);
    struct revocations *const other = one + 1;
    one->sequence = 1;
    other->sequence = 1000;
    one->rank = vendor_key_rank(1);
    other->rank = vendor_key_rank(0);
    assert_true(revocations_newer(one, other));
    assert_false(revocations_newer(other, one));
    one->rank = other->rank;
    assert_false(revocations_newer(one, other));
    assert_true(revocations_newer(other, one));
    one->sequence = other->sequence;
    assert_false(revocations_newer(one, other));
    free(one);
}

static const struct {
    const char *kind;
    const char *text;
    const char *signer;
    uint8_t letter;
} signed_samples[] = {
    {"product", SAMPLE_PRODUCT, "acme.example", VENDOR_SEED},
    {"license", SAMPLE_LICENSE, "acme.example", VENDOR_SEED},
    {"revocations", SAMPLE_REVOCATIONS, "acme.example", VENDOR_SEED},
    {"host_request", SAMPLE_HOST_REQUEST, "kms.uni.example/acme.example", HOST_SEED},
};
enum { SIGNED_SAMPLES = sizeof signed_samples / sizeof signed_samples[0] };

static bool note_accepted(void *context, struct slice mutant)
{
    return is_ok(open_note(context, mutant));
}

static void a_signed_document_with_any_flipped_bit_or_cut_off_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIGNED_SAMPLES; i++) {
        char kind[NAME_SIZE];
        snprintf(kind, sizeof kind, "%s", signed_samples[i].kind);
        struct buffer note CLEANUP_BUFFER = buffer_make(0);
        sign_sample(signed_samples[i].text, signed_samples[i].signer, signed_samples[i].letter, &note);
        assert_true(note_accepted(kind, buffer_slice(&note)));
        assert_int_equal(mutate_each_bit(buffer_slice(&note), note_accepted, kind), 0);
        assert_int_equal(mutate_each_truncation(buffer_slice(&note), note_accepted, kind), 0);
    }
}

static void a_document_signed_by_another_key_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIGNED_SAMPLES; i++) {
        struct buffer note CLEANUP_BUFFER = buffer_make(0);
        sign_sample(signed_samples[i].text, signed_samples[i].signer, 'X', &note);
        assert_int_equal(result_code(open_note(signed_samples[i].kind, buffer_slice(&note))), ERR_SIGNER_UNKNOWN);
    }
}

static void a_vendor_signs_for_itself_only(void **state)
{
    (void)state;
    static const struct {
        const char *kind;
        const char *text;
        enum error_code code;
    } foreign[] = {
        {"revocations", "aval revocations v1\nvendor other.example\nsequence 1\nissued 2026-12-01T00:00:00Z\n",
         ERR_DOCUMENT_VALUE},
        {"product", NULL, ERR_DOCUMENT_VALUE},
        {"license", NULL, ERR_LICENSE_OTHER_VENDOR},
    };
    struct signing_key *other_host CLEANUP_SIGNING_KEY = sample_key("kms.uni.example/other.example", 'H');
    struct license license = sample_license();
    memcpy(license.vendor, "other.example", 14);
    license.host_keys[0] = *signing_key_verifier(other_host);
    struct signing_key *other_vendor CLEANUP_SIGNING_KEY = sample_key("other.example", 'V');
    struct product *product = malloc(sizeof *product);
    assert_non_null(product);
    assert_true(is_ok(product_read(slice_of(SAMPLE_PRODUCT), product)));
    memcpy(product->vendor, "other.example", 14);
    product->vendor_keys[0] = *signing_key_verifier(other_vendor);
    for (size_t i = 0; i < product->edition_count; i++)
        product->editions[i].key = product_key_generic(product->vendor, product->product, product->editions[i].id);
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        struct buffer text CLEANUP_BUFFER = buffer_make(DOCUMENT_MAX);
        if (foreign[i].text != NULL)
            buffer_append_text(&text, foreign[i].text);
        else if (strcmp(foreign[i].kind, "license") == 0)
            assert_true(is_ok(license_write(&license, &text)));
        else
            assert_true(is_ok(product_write(product, &text)));
        struct buffer note CLEANUP_BUFFER = buffer_make(0);
        sign_sample(buffer_text(&text), "acme.example", VENDOR_SEED, &note);
        assert_int_equal(result_code(open_note(foreign[i].kind, buffer_slice(&note))), foreign[i].code);
    }
    free(product);
}

static int start(void **state)
{
    (void)state;
    return is_ok(secret_start()) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_document_is_written_as_it_was_read),
        cmocka_unit_test(extensions_survive_in_each_document),
        cmocka_unit_test(a_flipped_bit_never_makes_a_second_spelling),
        cmocka_unit_test(a_truncated_document_is_refused_unless_it_ends_in_a_list),
        cmocka_unit_test(numbers_up_to_their_limits_are_read_and_written),
        cmocka_unit_test(bad_input_is_refused_with_its_reason_and_its_line),
        cmocka_unit_test(a_zero_byte_is_refused),
        cmocka_unit_test(an_oversized_document_is_refused),
        cmocka_unit_test(a_list_beyond_its_limit_is_refused),
        cmocka_unit_test(extensions_beyond_their_limit_are_refused),
        cmocka_unit_test(a_failed_reading_leaves_the_output_untouched),
        cmocka_unit_test(a_writer_refuses_what_its_reader_would_refuse),
        cmocka_unit_test(a_writer_reports_a_buffer_that_is_too_small),
        cmocka_unit_test(the_values_of_a_license_are_those_of_its_text),
        cmocka_unit_test(the_type_of_a_document_is_told_by_its_first_lines),
        cmocka_unit_test(an_edition_is_found_by_its_id),
        cmocka_unit_test(revocations_hold_a_license_by_its_id_or_its_host_key),
        cmocka_unit_test(a_product_may_be_opened_by_the_key_that_it_names_first_and_by_no_other),
        cmocka_unit_test(a_vendors_key_is_revoked_by_one_that_stands_above_it),
        cmocka_unit_test(revocations_of_a_higher_key_take_the_place_of_any_by_a_lower),
        cmocka_unit_test(a_revoked_key_of_one_host_leaves_the_license_to_the_others),
        cmocka_unit_test(a_signed_document_with_any_flipped_bit_or_cut_off_is_refused),
        cmocka_unit_test(a_document_signed_by_another_key_is_refused),
        cmocka_unit_test(a_vendor_signs_for_itself_only),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
