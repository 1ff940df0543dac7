/* What a license says: its hosts, its mode, and what it may say besides. The rest of its form is tested with that of
 * all documents. */
#include "samples.h"

#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNTED_LICENSE \
    "aval license v1\n" \
    "license lic-2026-0003\n" \
    "vendor acme.example\n" \
    "customer Universität Beispiel\n" \
    "host-key " SAMPLE_HOST_KEY "\n" \
    "product studio\n" \
    "edition pro\n" \
    "mode counted\n"
#define COUNTED_SEATS "seats 26\noverage 0\n"
#define COUNTED_REST \
    "renew 7d\n" \
    "retry 2h\n" \
    "issued 2026-11-03T12:00:00Z\n" \
    "not-before 2026-11-03T00:00:00Z\n" \
    "not-after 2046-11-03T00:00:00Z\n"

static void a_counted_license_has_neither_threshold_nor_length(void **state)
{
    (void)state;
    struct license license;
    assert_true(is_ok(license_read(slice_of(COUNTED_LICENSE COUNTED_SEATS COUNTED_REST), &license)));
    assert_int_equal(license.mode, LICENSE_COUNTED);
    assert_string_equal(license_mode_name(license.mode), "counted");
    assert_int_equal(license.threshold, 0);
    assert_int_equal(license.lease, 0);
    const char *const bad[] = {COUNTED_LICENSE "threshold 1\n" COUNTED_SEATS COUNTED_REST,
                               COUNTED_LICENSE COUNTED_SEATS "lease 180d\n" COUNTED_REST};
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(result_code(license_read(slice_of(bad[i]), &license)), ERR_DOCUMENT_UNKNOWN_KEY);
    for (size_t i = 0; i < 2; i++) {
        struct buffer text CLEANUP_BUFFER = buffer_make(DOCUMENT_MAX);
        license.threshold = i == 0;
        license.lease = i == 1 ? DAY : 0;
        assert_int_equal(result_code(license_write(&license, &text)), i == 0 ? ERR_DOCUMENT_VALUE : ERR_DOCUMENT_DATES);
    }
}

#define WHOLE_LICENSE(first, releases, replaces, test) \
    "aval license v1\n" \
    "license lic-2026-0004\n" \
    "vendor acme.example\n" \
    "customer Universität Beispiel\n" \
    "host-key " SAMPLE_HOST_KEY "\n" \
    "product studio\n" \
    "edition pro\n" \
    "mode volume\n" \
    "threshold 25\n" \
    "seats 26\n" \
    "overage 2\n" \
    "lease 180d\n" first "renew 7d\n" \
    "retry 2h\n" releases replaces "feature export\n" \
    "feature resolution 4k\n" test "issued 2026-11-03T12:00:00Z\n" \
    "not-before 2026-11-03T00:00:00Z\n" \
    "not-after 2027-11-03T00:00:00Z\n"
#define FIRST    "first-lease 30d\n"
#define QUOTAS   "releases 0\nreclaims 3\n"
#define REPLACES "replaces lic-2024-0001\nreplaces lic-2025-0001\n"
#define TEST     "test yes\n"

static void what_a_license_may_say_besides_is_read_and_written(void **state)
{
    (void)state;
    static const char text[] = WHOLE_LICENSE(FIRST, QUOTAS, REPLACES, TEST);
    struct buffer again CLEANUP_BUFFER = buffer_make(DOCUMENT_MAX);
    struct license license;
    assert_true(is_ok(license_read(slice_of(text), &license)));
    assert_true(is_ok(license_write(&license, &again)));
    assert_string_equal(buffer_text(&again), text);
    assert_true(license.has_first_lease && license.has_releases && license.has_reclaims && license.test);
    assert_int_equal(license.first_lease, 30 * DAY);
    assert_int_equal(license.releases, 0);
    assert_int_equal(license.reclaims, 3);
    assert_int_equal(license.replaces_count, 2);
    assert_string_equal(license.replaces[1], "lic-2025-0001");
    assert_string_equal(features_value(&license.features, "resolution"), "4k");
    assert_true(is_ok(license_read(slice_of(WHOLE_LICENSE("", "", "", "")), &license)));
    assert_false(license.has_first_lease || license.has_releases || license.has_reclaims || license.test);
}

static void what_a_license_says_besides_must_agree(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum error_code code;
        unsigned line;
    } bad[] = {
        {WHOLE_LICENSE("first-lease 59s\n", "", "", ""), ERR_DOCUMENT_DATES, 13},
        {WHOLE_LICENSE("first-lease 180d\n", "", "", ""), ERR_DOCUMENT_DATES, 13},
        {WHOLE_LICENSE("first-lease 1h\n", "", "", ""), ERR_DOCUMENT_DATES, 15}, /* retry is longer */
        {WHOLE_LICENSE("", "reclaims 3\nreleases 0\n", "", ""), ERR_DOCUMENT_ORDER, 16},
        {WHOLE_LICENSE("", "releases 1000000001\n", "", ""), ERR_DOCUMENT_VALUE, 15},
        {WHOLE_LICENSE("", "", "replaces lic-2026-0004\n", ""), ERR_DOCUMENT_VALUE, 15},
        {WHOLE_LICENSE("", "", "replaces b\nreplaces a\n", ""), ERR_DOCUMENT_ORDER, 16},
        {WHOLE_LICENSE("", "", "replaces b\nreplaces b\n", ""), ERR_DOCUMENT_DUPLICATE_KEY, 16},
        {WHOLE_LICENSE("", "", "", "test no\n"), ERR_DOCUMENT_VALUE, 17},
        {WHOLE_LICENSE("", "", "", "test yes\ntest yes\n"), ERR_DOCUMENT_DUPLICATE_KEY, 18},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct license license;
        const struct result outcome = license_read(slice_of(bad[i].text), &license);
        if (result_code(outcome) != bad[i].code || result_place(outcome) != bad[i].line)
            fail_msg("row %zu: %s in line %u", i, error_info(result_code(outcome))->name, result_place(outcome));
    }
}

static void a_license_replaces_earlier_ones_of_the_same_customer(void **state)
{
    (void)state;
    const struct license before = sample_license();
    struct license after = sample_license();
    memcpy(after.id, "lic-2026-0002", 14);
    after.issued++;
    assert_false(license_replaces(&after, &before));
    assert_true(is_ok(license_add_replaced(&after, slice_of("m"))));
    assert_true(is_ok(license_add_replaced(&after, slice_of(before.id))));
    assert_true(license_replaces(&after, &before));
    struct license other = before;
    other.issued = after.issued;
    assert_false(license_replaces(&after, &other));
    other = before;
    other.customer[0] = 'V';
    assert_false(license_replaces(&after, &other));
    other = before;
    other.vendor[0] = 'b';
    assert_false(license_replaces(&after, &other));
    assert_int_equal(result_code(license_add_replaced(&after, slice_of("m"))), ERR_DOCUMENT_DUPLICATE_KEY);
    assert_int_equal(result_code(license_add_replaced(&after, slice_of("M"))), ERR_DOCUMENT_VALUE);
    for (int i = 2; i < REPLACES_MAX; i++) {
        char id[NAME_SIZE];
        snprintf(id, sizeof id, "z%d", 100 - i);
        assert_true(is_ok(license_add_replaced(&after, slice_of(id))));
    }
    assert_int_equal(result_code(license_add_replaced(&after, slice_of("zz"))), ERR_DOCUMENT_LIMIT);
    struct buffer text CLEANUP_BUFFER = buffer_make(DOCUMENT_MAX);
    assert_true(is_ok(license_write(&after, &text)));
}

static void a_license_has_its_host_keys_in_their_order(void **state)
{
    (void)state;
    struct license license = sample_license();
    license.host_key_count = 0;
    for (int i = 0; i <= LICENSE_HOSTS_MAX; i++) {
        char name[32];
        snprintf(name, sizeof name, "host-%d/acme.example", (i * 5) % 9);
        struct signing_key *key CLEANUP_SIGNING_KEY = sample_key(name, HOST_SEED);
        const struct result added = license_add_host(&license, signing_key_verifier(key));
        assert_int_equal(result_code(added), i < LICENSE_HOSTS_MAX ? OK : ERR_DOCUMENT_LIMIT);
        assert_int_equal(result_code(license_add_host(&license, &license.host_keys[0])), ERR_DOCUMENT_DUPLICATE_KEY);
    }
    struct buffer text CLEANUP_BUFFER = buffer_make(DOCUMENT_MAX);
    assert_true(is_ok(license_write(&license, &text)));
    struct license again;
    assert_true(is_ok(license_read(buffer_slice(&text), &again)));
    assert_memory_equal(&again, &license, sizeof again);
    const struct verifier_key first = license.host_keys[0];
    license.host_keys[0] = license.host_keys[1];
    buffer_clear(&text);
    assert_int_equal(result_code(license_write(&license, &text)), ERR_DOCUMENT_DUPLICATE_KEY);
    license.host_keys[1] = first;
    buffer_free(&text);
    text = buffer_make(DOCUMENT_MAX);
    const struct result disordered = license_write(&license, &text);
    assert_int_equal(result_code(disordered), ERR_DOCUMENT_ORDER);
    assert_int_equal(result_place(disordered), 6);
    buffer_free(&text);
    text = buffer_make(DOCUMENT_MAX);
    license.host_key_count = 0;
    assert_int_equal(result_code(license_write(&license, &text)), ERR_DOCUMENT_MISSING_KEY);
}

static void the_checkpoint_of_each_of_its_hosts_is_opened(void **state)
{
    (void)state;
    struct license license = sample_license();
    struct verifier_key other;
    assert_true(is_ok(verifier_key_read(slice_of(OTHER_HOST_KEY), &other)));
    assert_true(is_ok(license_add_host(&license, &other)));
    const uint8_t letters[] = {HOST_SEED, OTHER_HOST_SEED, VENDOR_SEED};
    for (size_t i = 0; i < sizeof letters; i++) {
        struct signing_key *key CLEANUP_SIGNING_KEY = sample_key("kms.uni.example/acme.example", letters[i]);
        struct buffer note CLEANUP_BUFFER = buffer_make(PUBLISHED_NOTE_SIZE);
        const struct checkpoint checkpoint = {.origin = "kms.uni.example/acme.example", .size = i + 1};
        struct checkpoint opened;
        const struct verifier_key *signer = NULL;
        assert_true(is_ok(checkpoint_sign(&checkpoint, key, &note)));
        const struct result outcome = license_open_checkpoint(&license, buffer_slice(&note), &opened, &signer);
        assert_int_equal(result_code(outcome), i < 2 ? OK : ERR_CHECKPOINT_SIGNER);
        if (i == 2)
            continue;
        assert_true(verifier_key_equal(signer, signing_key_verifier(key)));
        assert_int_equal(opened.size, i + 1);
    }
}

static int start(void **state)
{
    (void)state;
    return is_ok(secret_start()) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_counted_license_has_neither_threshold_nor_length),
        cmocka_unit_test(what_a_license_may_say_besides_is_read_and_written),
        cmocka_unit_test(what_a_license_says_besides_must_agree),
        cmocka_unit_test(a_license_replaces_earlier_ones_of_the_same_customer),
        cmocka_unit_test(a_license_has_its_host_keys_in_their_order),
        cmocka_unit_test(the_checkpoint_of_each_of_its_hosts_is_opened),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
