/* One description in two forms: the lines that people read, and the JSON that programs read. */
#include "terminal/report.h"

#include "capture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct captured captured;

static void describe(struct report *report)
{
    report_text(report, "name", "Name", "K\xc3\xb6ln \"x\"");
    report_textf(report, "pair", "Pair", "%d/%d", 1, 2);
    report_number(report, "count", "Count", UINT64_MAX);
    report_time(report, "since", "Since", 1795338000);
    report_duration(report, "lease", "Lease", 180 * DAY);
    report_text(report, "machine_only", NULL, "for programs");
    report_nothing(report, "nothing");
    report_list_begin(report, "list");
    report_list_item(report, "a");
    report_list_item(report, "b");
    report_list_end(report, "List");
    report_list_begin(report, "none");
    report_list_end(report, "None");
    report_objects_begin(report, "objects");
    report_object_begin(report, NULL);
    report_text(report, "inner", "  Inner", "one");
    report_object_end(report);
    report_objects_end(report);
    report_object_begin(report, "object");
    report_object_end(report);
    report_say(report, "A line for %s.", "people");
}

static void print(bool json)
{
    capture_begin();
    CLEANUP_REPORT struct report report;
    report_begin(&report, json);
    describe(&report);
    const struct result finished = report_finish(&report);
    capture_end(&captured);
    assert_true(is_ok(finished));
    assert_string_equal(captured.error, "");
}

static void people_read_lines(void **state)
{
    (void)state;
    print(false);
    assert_string_equal(captured.out, "Name:               K\xc3\xb6ln \"x\"\n"
                                      "Pair:               1/2\n"
                                      "Count:              18446744073709551615\n"
                                      "Since:              2026-11-22T09:00:00Z\n"
                                      "Lease:              180 days\n"
                                      "List:               a, b\n"
                                      "None:               none\n"
                                      "  Inner:            one\n"
                                      "A line for people.\n");
}

static void programs_read_one_value_with_the_same_in_it(void **state)
{
    (void)state;
    print(true);
    assert_string_equal(captured.out,
                        "{\"name\": \"K\xc3\xb6ln \\\"x\\\"\", \"pair\": \"1/2\", \"count\": 18446744073709551615, "
                        "\"since\": \"2026-11-22T09:00:00Z\", \"lease\": \"180d\", \"machine_only\": \"for programs\", "
                        "\"nothing\": null, \"list\": [\"a\", \"b\"], \"none\": [], "
                        "\"objects\": [{\"inner\": \"one\"}], \"object\": {}}\n");
}

static void a_report_can_be_a_list_as_a_whole(void **state)
{
    (void)state;
    capture_begin();
    CLEANUP_REPORT struct report report;
    report_begin_list(&report, true);
    report_list_item(&report, "from a command line: \xff");
    const int status = report_answer(&report, "demo", EXIT_EXPIRED_GRACE);
    capture_end(&captured);
    assert_int_equal(status, EXIT_EXPIRED_GRACE);
    assert_string_equal(captured.out, "[\"from a command line: \\u00ff\"]\n");
}

static void a_report_that_stops_half_way_prints_no_half_value(void **state)
{
    (void)state;
    capture_begin();
    struct report report;
    report_begin(&report, true);
    describe(&report);
    report_free(&report);
    capture_end(&captured);
    assert_string_equal(captured.out, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(people_read_lines),
        cmocka_unit_test(programs_read_one_value_with_the_same_in_it),
        cmocka_unit_test(a_report_can_be_a_list_as_a_whole),
        cmocka_unit_test(a_report_that_stops_half_way_prints_no_half_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
