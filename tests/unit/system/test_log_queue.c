/* Lines of a log whose reader is slow, gone, or has stopped to read: nobody who logs waits, and what was lost is said.
 */
#include "system/log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENT = 20000, IMPATIENT = 50, TEXT_MAX = 3 * LOG_QUEUE_SIZE };

struct world {
    int read_end;
    int write_end;
    struct log_queue *queue;
};

static int start(void **state)
{
    struct world *const world = calloc(1, sizeof *world);
    int ends[2];
    assert_non_null(world);
    assert_int_equal(pipe(ends), 0);
    world->read_end = ends[0];
    world->write_end = ends[1];
    assert_true(is_ok(log_queue_start(world->write_end, &world->queue)));
    *state = world;
    return 0;
}

static int end(void **state)
{
    struct world *const world = *state;
    log_queue_stop(world->queue, IMPATIENT);
    close(world->read_end);
    close(world->write_end);
    free(world);
    return 0;
}

static void stop(struct world *world, unsigned milliseconds)
{
    log_queue_stop(world->queue, milliseconds);
    world->queue = NULL;
}

/* All that is in the pipe, zero-terminated; read on until that text was written at its end. Yours to free. */
static char *read_until(struct world *world, const char *end_of_text)
{
    char *const text = malloc(TEXT_MAX + 1);
    size_t size = 0;
    const size_t tail = strlen(end_of_text);
    assert_non_null(text);
    assert_int_equal(fcntl(world->read_end, F_SETFL, O_NONBLOCK), 0);
    do {
        const ssize_t got = read(world->read_end, text + size, TEXT_MAX - size);
        size += got > 0 ? (size_t)got : 0;
    } while (size < tail || memcmp(text + size - tail, end_of_text, tail) != 0);
    text[size] = 0;
    return text;
}

static void read_away(struct world *world, size_t size)
{
    char piece[4096];
    while (size > 0) {
        const ssize_t got = read(world->read_end, piece, size < sizeof piece ? size : sizeof piece);
        assert_true(got > 0);
        size -= (size_t)got;
    }
}

static seconds no_time(void)
{
    return 0;
}

/* A line of so many bytes, of that letter. */
static struct slice line_of(char letter, size_t size)
{
    static char line[LOG_QUEUE_SIZE];
    memset(line, letter, size);
    line[size - 1] = '\n';
    return slice_make(line, size);
}

static void lines_are_written_in_their_order_before_the_end(void **state)
{
    struct world *const world = *state;
    char expected[3 * 26 + 1] = "";
    for (int i = 0; i < 26; i++) {
        const char letter = (char)('a' + i);
        assert_int_equal(log_queue_put(world->queue, line_of(letter, 3)), 0);
        strncat(expected, (char[]){letter, letter, '\n', 0}, 3);
    }
    stop(world, PATIENT);
    char *const text = read_until(world, "zz\n");
    assert_string_equal(text, expected);
    free(text);
}

/* Fills what the pipe and the queue take, with nobody reading; returns how many lines there was room for. */
static size_t fill(struct world *world, size_t size)
{
    size_t taken = 0;
    while (log_queue_dropped(world->queue) == 0) {
        assert_int_equal(log_queue_put(world->queue, line_of('x', size)), 0);
        taken++;
        assert_true(taken < TEXT_MAX / size);
    }
    return taken - 1;
}

static void what_nobody_reads_is_dropped_and_counted_and_holds_up_nobody(void **state)
{
    struct world *const world = *state;
    const size_t taken = fill(world, 1000);
    assert_true(taken >= LOG_QUEUE_SIZE / 1000);
    assert_int_equal(log_queue_dropped(world->queue), 1);
    /* Three more lines; they are short, so that there may be room for them. */
    const bool told = log_queue_put(world->queue, slice_of("three\nlines\nmore\n")) == 1;
    assert_int_equal(log_queue_dropped(world->queue), told ? 1 : 4);
    stop(world, IMPATIENT); /* it comes to an end, although the write does not */
}

static void once_it_is_read_again_the_next_line_tells_what_was_dropped(void **state)
{
    struct world *const world = *state;
    const struct log log = {LOG_INFO, LOG_FORMAT_TEXT, no_time, -1, world->queue};
    read_away(world, fill(world, 4096) * 4096); /* there is room again */
    LOG_EVENT(&log, LOG_INFO, "again", {NULL, NULL, 0});
    LOG_EVENT(&log, LOG_INFO, "once", {NULL, NULL, 0});
    char *const text = read_until(world, "event=once\n");
    const char *const again = strstr(text, "event=again\n");
    assert_non_null(again);
    const char *const told = strstr(again, "level=warning event=log-dropped lines=1\n");
    assert_non_null(told);
    const char *const once = strstr(told, "event=once\n");
    assert_non_null(once);
    assert_null(strstr(once, "log-dropped"));
    free(text);
}

static void a_reader_that_is_gone_ends_no_program(void **state)
{
    struct world *const world = *state;
    void (*const before)(int) = signal(SIGPIPE, SIG_IGN); /* as avald does */
    close(world->read_end);
    world->read_end = open("/dev/null", O_RDONLY | O_CLOEXEC);
    for (int i = 0; i < 3; i++)
        log_queue_put(world->queue, slice_of("nobody\n"));
    stop(world, PATIENT);
    signal(SIGPIPE, before);
}

static void a_queue_that_is_not_there_dropped_nothing(void **state)
{
    (void)state;
    assert_int_equal(log_queue_dropped(NULL), 0);
    log_queue_stop(NULL, PATIENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lines_are_written_in_their_order_before_the_end),
        TEST(what_nobody_reads_is_dropped_and_counted_and_holds_up_nobody),
        TEST(once_it_is_read_again_the_next_line_tells_what_was_dropped),
        TEST(a_reader_that_is_gone_ends_no_program),
        TEST(a_queue_that_is_not_there_dropped_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
