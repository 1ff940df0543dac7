/* The site keys in a host's folder: one in use, the one before it, and none besides. */
#include "host_fixture.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct site_key numbered(uint8_t number)
{
    struct site_key key;
    memset(key.bytes, number, sizeof key.bytes);
    return key;
}

static enum site_key_put put(const struct host_fixture *fixture, uint8_t number)
{
    struct site_key_change change = {.put = SITE_KEY_KNOWN};
    const struct site_key key = numbered(number);
    assert_ok(site_keys_put(fixture->folder, &key, &change, NULL));
    assert_ok(change.damaged);
    return change.put;
}

static RESULT count_fault(void *context, const char *file, struct result why)
{
    unsigned *const faults = context;
    assert_true(strcmp(file, FOLDER_SITE_KEY) == 0 || strcmp(file, FOLDER_SITE_FORMER) == 0);
    assert_false(is_ok(why));
    ++*faults;
    return RESULT_OK;
}

/* The keys that hold, by their numbers, the one in use first; 0: none. */
static void assert_hold(const struct host_fixture *fixture, uint8_t current, uint8_t former, unsigned faults)
{
    struct site_keys *keys = NULL;
    unsigned told = 0;
    assert_ok(site_keys_load(fixture->folder, count_fault, &told, &keys));
    assert_int_equal(told, faults);
    assert_int_equal(keys == NULL, current == 0 && former == 0);
    if (keys != NULL) {
        assert_int_equal(keys->count, (current != 0) + (former != 0));
        assert_int_equal(keys->current, current != 0);
        if (current != 0)
            assert_int_equal(keys->keys[0].bytes[SITE_KEY_SIZE - 1], current);
        if (former != 0)
            assert_int_equal(keys->keys[keys->count - 1].bytes[0], former);
    }
    site_keys_free(keys);
}

static void spoil(const struct host_fixture *fixture, const char *file)
{
    char path[PATH_SIZE];
    assert_ok(path_join(path, fixture->folder, file));
    assert_ok(file_write(path, slice_of("aval site-key v1\nkey none\n"), 0600, NULL));
}

static void the_one_before_holds_beside_the_one_in_use_and_no_third(void **state)
{
    const struct host_fixture *const fixture = *state;
    static const struct {
        uint8_t number;
        enum site_key_put what;
        uint8_t former;
    } rows[] = {
        {1, SITE_KEY_PUT, 0},           {2, SITE_KEY_PUT, 1},           {2, SITE_KEY_KNOWN, 1},
        {3, SITE_KEY_PUT_AND_ENDED, 2}, {2, SITE_KEY_PUT_AND_ENDED, 3}, /* back again */
    };
    assert_hold(fixture, 0, 0, 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(put(fixture, rows[i].number), rows[i].what);
        assert_hold(fixture, rows[i].number, rows[i].former, 0);
    }
}

static void keys_are_for_their_owner_alone(void **state)
{
    const struct host_fixture *const fixture = *state;
    static const char *const files[] = {FOLDER_SITE_KEY, FOLDER_SITE_FORMER};
    put(fixture, 1);
    put(fixture, 2);
    for (size_t i = 0; i < 2; i++) {
        char path[PATH_SIZE];
        struct stat about;
        assert_ok(path_join(path, fixture->folder, files[i]));
        assert_int_equal(stat(path, &about), 0);
        assert_int_equal(about.st_mode & 07777, 0600);
    }
}

static void keys_are_ended(void **state)
{
    const struct host_fixture *const fixture = *state;
    bool changed = true;
    assert_ok(site_keys_end(fixture->folder, true, &changed, NULL));
    assert_false(changed);
    put(fixture, 1);
    put(fixture, 2);
    assert_ok(site_keys_end(fixture->folder, false, &changed, NULL));
    assert_true(changed);
    assert_hold(fixture, 2, 0, 0);
    assert_ok(site_keys_end(fixture->folder, false, &changed, NULL));
    assert_false(changed);
    assert_ok(site_keys_end(fixture->folder, true, &changed, NULL));
    assert_true(changed);
    assert_hold(fixture, 0, 0, 0);
}

static void a_file_that_holds_no_key_is_left_out_and_named(void **state)
{
    struct host_fixture *const fixture = *state;
    put(fixture, 1);
    put(fixture, 2);
    spoil(fixture, FOLDER_SITE_KEY);
    assert_hold(fixture, 0, 1, 1);
    struct authority *const authority = fixture_authority(fixture);
    assert_int_equal(authority->left_out_count, 1);
    assert_string_equal(authority->left_out[0].vendor, "");
    assert_string_equal(authority->left_out[0].file, FOLDER_SITE_KEY);
    assert_int_equal(authority->left_out[0].line, 2);
    assert_false(authority->site_required);
    authority_release(authority);
    spoil(fixture, FOLDER_SITE_FORMER);
    assert_hold(fixture, 0, 0, 2);
}

static void write_instead(const struct host_fixture *fixture, struct slice content)
{
    char path[PATH_SIZE];
    assert_ok(path_join(path, fixture->folder, FOLDER_SITE_KEY));
    assert_ok(file_write(path, content, 0600, NULL));
}

static void what_holds_no_key_is_replaced_and_the_former_one_stays(void **state)
{
    struct host_fixture *const fixture = *state;
    static const char zeros[5000];
    const struct {
        struct slice content;
        enum error_code code;
    } rows[] = {{slice_make(NULL, 0), ERR_TEXT_EMPTY},
                {slice_of("aval site-key v1\nkey none\n"), ERR_BASE64},
                {slice_make(zeros, sizeof zeros), ERR_FILE_TOO_LARGE},
                {slice_make(zeros, 40), ERR_DOCUMENT_VALUE}};
    put(fixture, 1);
    put(fixture, 2);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct site_key_change change = {.put = SITE_KEY_KNOWN};
        const uint8_t number = (uint8_t)(3 + i);
        const struct site_key key = numbered(number);
        write_instead(fixture, rows[i].content);
        assert_ok(site_keys_put(fixture->folder, &key, &change, NULL));
        assert_int_equal(change.put, SITE_KEY_PUT);
        assert_int_equal(result_code(change.damaged), rows[i].code);
        assert_hold(fixture, number, 1, 0);
    }
    assert_int_equal(put(fixture, 9), SITE_KEY_PUT_AND_ENDED);
}

/* It may hold a key. */
static void what_cannot_be_read_is_not_replaced(void **state)
{
    struct host_fixture *const fixture = *state;
    struct site_key_change change = {.put = SITE_KEY_KNOWN};
    struct reason reason = {.text = ""};
    const struct site_key key = numbered(2);
    char path[PATH_SIZE];
    assert_ok(path_join(path, fixture->folder, FOLDER_SITE_KEY));
    assert_int_equal(mkdir(path, 0700), 0);
    assert_fails(site_keys_put(fixture->folder, &key, &change, &reason), FILE_READ);
    assert_non_null(strstr(reason.text, FOLDER_SITE_KEY));
    assert_int_equal(rmdir(path), 0);
}

static void a_folder_of_no_host_gets_no_key(void **state)
{
    (void)state;
    bool changed = false;
    struct site_key_change change = {.put = SITE_KEY_KNOWN};
    const struct site_key key = numbered(1);
    assert_fails(site_keys_put("/nonexistent", &key, &change, NULL), NOT_SET_UP);
    assert_fails(site_keys_end("/nonexistent", true, &changed, NULL), NOT_SET_UP);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, host_fixture_setup, host_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_one_before_holds_beside_the_one_in_use_and_no_third),
        TEST(keys_are_for_their_owner_alone),
        TEST(keys_are_ended),
        TEST(a_file_that_holds_no_key_is_left_out_and_named),
        TEST(what_holds_no_key_is_replaced_and_the_former_one_stays),
        TEST(what_cannot_be_read_is_not_replaced),
        TEST(a_folder_of_no_host_gets_no_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
