/* What a host takes for authorised: one bad file is left out, and only that one. */
#include "host_fixture.h"

#include "core/documents/offer.h"
#include "system/files.h"

#include <string.h>

static void a_folder_that_was_not_set_up_is_refused(void **state)
{
    const struct host_fixture *const fixture = *state;
    struct authority *authority = NULL;
    assert_fails(authority_load("/nonexistent", &fixture->log, &authority, NULL), NOT_SET_UP);
    assert_null(authority);
}

static void a_vendor_without_licenses_is_known(void **state)
{
    struct authority *const authority = fixture_authority(*state);
    assert_string_equal(authority->host, HOST);
    assert_int_equal(authority->vendor_count, 1);
    const struct authority_vendor *const vendor = authority_find_vendor(authority, VENDOR);
    assert_non_null(vendor);
    assert_string_equal(vendor->host_key.name, HOST "/" VENDOR);
    assert_int_equal(vendor->license_count, 0);
    assert_int_equal(vendor->revocations_sequence, 0);
    assert_null(authority_find_vendor(authority, "other.example"));
    assert_null(authority_find_license(authority, "1", NULL));
    authority_release(authority);
}

static void licenses_are_found_by_id_with_their_vendor(void **state)
{
    const struct host_fixture *const fixture = *state;
    const char *const ids[] = {"c", "a", "b"};
    for (size_t i = 0; i < 3; i++) {
        const struct license license = fixture_license(fixture, ids[i]);
        fixture_put_license(fixture, &license);
    }
    struct authority *const authority = fixture_authority(fixture);
    assert_int_equal(authority->vendors[0].license_count, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct authority_vendor *vendor = NULL;
        const struct authority_license *const found = authority_find_license(authority, ids[i], &vendor);
        assert_non_null(found);
        assert_string_equal(found->license.id, ids[i]);
        assert_ptr_equal(vendor, &authority->vendors[0]);
        assert_false(found->revoked);
        struct license again;
        assert_ok(license_open(slice_make(found->note, found->note_size), vendor->vendor_keys, vendor->vendor_key_count,
                               &again));
    }
    authority_release(authority);
}

static void put(const struct host_fixture *fixture, const char *id, enum license_mode mode, seconds begins,
                seconds ends)
{
    struct license license = fixture_license(fixture, id);
    license.mode = mode;
    license.threshold = mode == LICENSE_COUNTED ? 0 : license.threshold;
    license.lease = mode == LICENSE_COUNTED ? 0 : license.lease;
    license.not_before = begins;
    license.not_after = ends;
    fixture_put_license(fixture, &license);
}

static void a_license_is_shown_to_a_product_key_of_its_mode(void **state)
{
    const struct host_fixture *const fixture = *state;
    enum { BEGIN = 1000000, LATER = 2000000, END = 3000000 };
    put(fixture, "c", LICENSE_COUNTED, BEGIN, LATER);
    put(fixture, "v", LICENSE_VOLUME, BEGIN + 1, END);
    struct authority *const authority = fixture_authority(fixture);
    const struct authority_vendor *const vendor = &authority->vendors[0];
    const struct offer offer = license_offer(&vendor->licenses[0].license);
    static const struct {
        seconds now;
        enum license_mode mode;
        bool other_only;
    } cases[] = {
        {BEGIN, LICENSE_VOLUME, false}, /* its own is to come */
        {BEGIN + 1, LICENSE_VOLUME, false}, {BEGIN + 1, LICENSE_COUNTED, false}, {LATER - 1, LICENSE_COUNTED, false},
        {LATER, LICENSE_COUNTED, true},     {LATER, LICENSE_VOLUME, false},      {END, LICENSE_COUNTED, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const id = cases[i].mode == LICENSE_COUNTED ? "c" : "v";
        assert_string_equal(authority_best_license(vendor, offer, cases[i].mode, cases[i].now)->license.id, id);
        assert_int_equal(authority_other_mode_only(vendor, offer, cases[i].mode, cases[i].now), cases[i].other_only);
    }
    const struct offer none = {VENDOR, "another", "pro"};
    assert_null(authority_best_license(vendor, none, LICENSE_COUNTED, LATER));
    assert_false(authority_other_mode_only(vendor, none, LICENSE_COUNTED, LATER));
    authority_release(authority);
}

static void write_license_file(const struct host_fixture *fixture, const char *name, struct slice content)
{
    char folder[PATH_SIZE];
    char path[PATH_SIZE];
    assert_ok(folder_vendor_path(fixture->folder, VENDOR, FOLDER_LICENSES, folder));
    assert_ok(path_join(path, folder, name));
    assert_ok(file_write(path, content, 0644, NULL));
}

static void a_license_that_does_not_hold_is_left_out_and_the_others_stay(void **state)
{
    struct host_fixture *const fixture = *state;
    struct license license = fixture_license(fixture, "good");
    fixture_put_license(fixture, &license);
    struct authority *authority = fixture_authority(fixture);
    const struct authority_license *const good = &authority->vendors[0].licenses[0];
    write_license_file(fixture, "other-name", slice_make(good->note, good->note_size));
    write_license_file(fixture, "nonsense", slice_of("nonsense"));
    write_license_file(fixture, "empty", slice_of(""));
    authority_release(authority);

    license = fixture_license(fixture, "other-host");
    const struct signing_key *const vendor = fixture->vendor;
    struct verifier_key other = *signing_key_verifier(vendor);
    assert_ok(verifier_key_make(slice_of(HOST "/" VENDOR), other.public_key, &license.host_keys[0]));
    fixture_put_license(fixture, &license);

    authority = fixture_authority(fixture);
    assert_int_equal(authority->vendors[0].license_count, 1);
    assert_non_null(authority_find_license(authority, "good", NULL));
    authority_release(authority);
}

static void a_license_signed_by_another_key_of_that_name_is_left_out(void **state)
{
    struct host_fixture *const fixture = *state;
    struct signing_key *const real = fixture->vendor;
    uint8_t seed[SEED_SIZE] = {1};
    assert_ok(signing_key_make(slice_of(VENDOR), seed, &fixture->vendor));
    const struct license license = fixture_license(fixture, "forged");
    fixture_put_license(fixture, &license);
    signing_key_free(fixture->vendor);
    fixture->vendor = real;
    struct authority *const authority = fixture_authority(fixture);
    assert_int_equal(authority->vendors[0].license_count, 0);
    authority_release(authority);
}

static void revocations_mark_the_licenses_they_name(void **state)
{
    const struct host_fixture *const fixture = *state;
    struct license license = fixture_license(fixture, "bad");
    fixture_put_license(fixture, &license);
    license = fixture_license(fixture, "good");
    fixture_put_license(fixture, &license);
    fixture_put_revocations(fixture, 4, "bad");
    struct authority *const authority = fixture_authority(fixture);
    assert_int_equal(authority->vendors[0].revocations_sequence, 4);
    assert_non_null(authority->vendors[0].revocations_note);
    assert_true(authority_find_license(authority, "bad", NULL)->revoked);
    assert_false(authority_find_license(authority, "good", NULL)->revoked);
    authority_release(authority);
}

static void a_vendor_whose_host_key_is_named_after_another_host_is_left_out(void **state)
{
    const struct host_fixture *const fixture = *state;
    struct verifier_key key;
    assert_ok(verifier_key_make(slice_of("other.example/" VENDOR), fixture->host_key.public_key, &key));
    char text[VERIFIER_KEY_TEXT_SIZE];
    verifier_key_write(&key, text);
    char path[PATH_SIZE];
    assert_ok(folder_vendor_path(fixture->folder, VENDOR, FOLDER_HOST_KEY, path));
    assert_ok(file_write(path, slice_of(text), 0644, NULL));
    struct authority *const authority = fixture_authority(fixture);
    assert_int_equal(authority->vendor_count, 0);
    authority_release(authority);
}

static void an_id_that_two_vendors_use_is_the_first_vendors(void **state)
{
    struct host_fixture *const fixture = *state;
    struct license license = fixture_license(fixture, "same");
    fixture_put_license(fixture, &license);
    struct signing_key *other CLEANUP_SIGNING_KEY = vendor_key("zeta.example");
    struct verifier_key host_key;
    fixture_enroll(fixture, other, &host_key);
    strcpy(license.vendor, "zeta.example");
    license.host_keys[0] = host_key;
    CLEANUP_BUFFER struct buffer text = buffer_make(DOCUMENT_MAX);
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    assert_ok(license_write(&license, &text));
    const struct signing_key *const keys[] = {other};
    assert_ok(note_sign(buffer_slice(&text), keys, 1, &note));
    char path[PATH_SIZE];
    assert_ok(folder_vendor_path(fixture->folder, "zeta.example", FOLDER_LICENSES, path));
    assert_ok(folder_make(path, 0755, NULL));
    assert_ok(folder_vendor_path(fixture->folder, "zeta.example", FOLDER_LICENSES "/same", path));
    assert_ok(file_write(path, buffer_slice(&note), 0644, NULL));

    struct authority *const authority = fixture_authority(fixture);
    assert_int_equal(authority->vendor_count, 2);
    const struct authority_vendor *vendor = NULL;
    assert_non_null(authority_find_license(authority, "same", &vendor));
    assert_string_equal(vendor->vendor, VENDOR);
    assert_int_equal(authority_find_vendor(authority, "zeta.example")->license_count, 0);
    authority_release(authority);
}

static void a_reference_keeps_it_until_the_last_is_released(void **state)
{
    struct authority *const authority = fixture_authority(*state);
    assert_ptr_equal(authority_reference(authority), authority);
    authority_release(authority);
    assert_string_equal(authority->host, HOST); /* the sanitizers would know */
    authority_release(authority);
    authority_release(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, host_fixture_setup, host_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_folder_that_was_not_set_up_is_refused),
        TEST(a_vendor_without_licenses_is_known),
        TEST(licenses_are_found_by_id_with_their_vendor),
        TEST(a_license_is_shown_to_a_product_key_of_its_mode),
        TEST(a_license_that_does_not_hold_is_left_out_and_the_others_stay),
        TEST(a_license_signed_by_another_key_of_that_name_is_left_out),
        TEST(revocations_mark_the_licenses_they_name),
        TEST(a_vendor_whose_host_key_is_named_after_another_host_is_left_out),
        TEST(an_id_that_two_vendors_use_is_the_first_vendors),
        TEST(a_reference_keeps_it_until_the_last_is_released),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
