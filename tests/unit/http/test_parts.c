/* What a server does without a socket: requests from bytes, routes, heads, timers, connections by address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "limits/addresses.h"
#include "limits/timers.h"
#include "syntax/head.h"
#include "syntax/message.h"
#include "syntax/router.h"

/* ---- requests ---- */

static const struct message_limits limits = {.head = 8192, .body = 8192};

#define HOST   "Host: h\r\n"
#define LONG_8 "aaaaaaaa"

static const struct row {
    const char *text;
    enum message_state state;
    const char *path;
    const char *body;
    bool keep;
} rows[] = {
    {"GET /healthz HTTP/1.1\r\n" HOST "\r\n", MESSAGE_WHOLE, "/healthz", "", true},
    {"GET /healthz?a=b HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", MESSAGE_WHOLE, "/healthz", "", false},
    {"GET http://h:1/healthz HTTP/1.1\r\n" HOST "\r\n", MESSAGE_WHOLE, "/healthz", "", true},
    {"GET /healthz HTTP/1.0\r\n\r\n", MESSAGE_WHOLE, "/healthz", "", false},
    {"POST /a HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nabcde", MESSAGE_WHOLE, "/a", "abcde", true},
    {"POST /a HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", MESSAGE_WHOLE, "/a", "", true},
    {"POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: r\r\n\r\n",
     MESSAGE_WHOLE, "/a", "abcde", true},
    {"POST /a HTTP/1.1\r\n" HOST "Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nab", MESSAGE_WHOLE,
     "/a", "ab", true},
    {"CONNECT h:1 HTTP/1.1\r\n" HOST "\r\n", MESSAGE_WHOLE, "h:1", "", false},
    {"GET / HTTP/1.1\r\n\r\n", MESSAGE_BROKEN, NULL, NULL, false},
    {"GET / HTTP/1.1\r\n" HOST HOST "\r\n", MESSAGE_BROKEN, NULL, NULL, false},
    {"GET / HTTP/2.0\r\n" HOST "\r\n", MESSAGE_BROKEN, NULL, NULL, false},
    {"GET / HTTP/1.1\r\n" HOST "Content-Length : 5\r\n\r\nabcde", MESSAGE_BROKEN, NULL, NULL, false},
    {"GET / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", MESSAGE_BROKEN, NULL, NULL,
     false},
    {"GET / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", MESSAGE_BROKEN, NULL, NULL, false},
    {"NOTHING SENSIBLE\r\n\r\n", MESSAGE_BROKEN, NULL, NULL, false},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 65537\r\n\r\n", MESSAGE_BODY_UNBOUNDED, NULL, NULL, false},
    {"POST / HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 8193\r\n\r\n", MESSAGE_BODY_UNBOUNDED, NULL,
     NULL, false},
};

/* Feeds pieces of that size; returns how much was used. */
static size_t feed(struct message *message, struct slice bytes, size_t piece)
{
    size_t all = 0;
    message_begin(message, &limits);
    while (all < bytes.size && message->state == MESSAGE_PARTIAL) {
        const size_t left = bytes.size - all;
        size_t used = 0;
        message_feed(message, slice_make(bytes.data + all, left < piece ? left : piece), &used);
        all += used;
    }
    return all;
}

static void a_request_is_the_same_in_whatever_pieces_it_comes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *const row = &rows[i];
        const struct slice bytes = slice_of(row->text);
        for (size_t piece = 1; piece <= bytes.size; piece++) {
            struct message message;
            const size_t used = feed(&message, bytes, piece);
            if (message.state != row->state)
                fail_msg("row %zu in pieces of %zu: state %d", i, piece, message.state);
            if (row->state == MESSAGE_WHOLE) {
                assert_int_equal(used, bytes.size);
                assert_string_equal(target_path(&message.target), row->path);
                assert_true(slice_is(message_body(&message), row->body));
                assert_int_equal(message.persists, row->keep);
            }
            message_end(&message);
        }
    }
}

static void every_truncation_waits_for_more(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const size_t whole = strlen(rows[i].text);
        for (size_t size = 0; rows[i].state == MESSAGE_WHOLE && size < whole; size++) {
            struct message message;
            assert_int_equal(feed(&message, slice_make(rows[i].text, size), SIZE_MAX), size);
            assert_int_equal(message.state, MESSAGE_PARTIAL);
            message_end(&message);
        }
    }
}

static void a_body_in_one_piece_is_read_where_it_lies(void **state)
{
    (void)state;
    struct message message;
    const struct slice bytes = slice_of("POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabcGET");
    assert_int_equal(feed(&message, bytes, SIZE_MAX), bytes.size - 3);
    assert_ptr_equal(message_body(&message).data, bytes.data + bytes.size - 6);
    message_end(&message);
}

static void who_waits_to_be_told_to_go_on_is_known_once_the_headers_are_there(void **state)
{
    (void)state;
    struct message message;
    feed(&message, slice_of("POST / HTTP/1.1\r\nExpect: 100-Continue\r\n" HOST "Content-Length: 3\r\n\r\n"), SIZE_MAX);
    assert_int_equal(message.state, MESSAGE_PARTIAL);
    assert_true(message.headed && message.expects);
    size_t used;
    assert_int_equal(message_feed(&message, slice_of("abc"), &used), MESSAGE_WHOLE);
    assert_false(message.expects);
    message_end(&message);
}

/* A head, and `count` times eight more bytes. */
static struct buffer long_text(const char *head, size_t count)
{
    struct buffer text = buffer_make(SIZE_MAX);
    buffer_append_text(&text, head);
    for (size_t i = 0; i < count; i++)
        buffer_append_text(&text, LONG_8);
    assert_true(is_ok(buffer_status(&text)));
    return text;
}

static void what_is_too_long_ends_the_reading(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        enum message_state state;
    } table[] = {
        {"GET /", MESSAGE_HEAD_LARGE},
        {"GET / HTTP/1.1\r\nX-Large: ", MESSAGE_HEAD_LARGE},
        {"GET / HTTP/1.1\r\nX-", MESSAGE_HEAD_LARGE},
        {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1ffff\r\n", MESSAGE_BODY_UNBOUNDED},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        CLEANUP_BUFFER struct buffer text = long_text(table[i].head, 16000);
        struct message message;
        for (size_t piece = 100; piece < 40000; piece *= 4) {
            feed(&message, buffer_slice(&text), piece);
            assert_int_equal(message.state, table[i].state);
            message_end(&message);
        }
    }
}

static void many_small_chunks_are_bounded_too(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer text = buffer_make(SIZE_MAX);
    buffer_append_text(&text, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
    for (size_t i = 0; i < 8000; i++)
        buffer_append_text(&text, "1;" LONG_8 LONG_8 LONG_8 LONG_8 "\r\na\r\n");
    struct message message;
    feed(&message, buffer_slice(&text), 1000);
    assert_int_equal(message.state, MESSAGE_BODY_UNBOUNDED);
    message_end(&message);
}

static void a_body_that_is_too_large_is_read_to_its_end_and_lost(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer text = long_text("POST / HTTP/1.1\r\n" HOST "Content-Length: 16000\r\n\r\n", 2000);
    struct message message;
    assert_int_equal(feed(&message, buffer_slice(&text), 1000), text.size);
    assert_int_equal(message.state, MESSAGE_WHOLE);
    assert_true(message.oversized);
    message_end(&message);
}

static void an_address_longer_than_any_page_has_no_path(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer text = long_text("GET /", TARGET_SIZE / 8);
    buffer_append_text(&text, " HTTP/1.1\r\n" HOST "\r\n");
    struct message message;
    feed(&message, buffer_slice(&text), 7);
    assert_int_equal(message.state, MESSAGE_WHOLE);
    assert_string_equal(target_path(&message.target), "");
    message_end(&message);
}

static void a_head_is_too_large_in_whatever_pieces_it_comes(void **state)
{
    (void)state;
    CLEANUP_BUFFER struct buffer text = long_text("GET / HTTP/1.1\r\n" HOST "X-Large: ", limits.head / 8);
    buffer_append_text(&text, "\r\n\r\n");
    struct message message;
    for (size_t piece = 1; piece <= text.size; piece += piece < 20 ? 1 : 997) {
        feed(&message, buffer_slice(&text), piece);
        assert_int_equal(message.state, MESSAGE_HEAD_LARGE);
        message_end(&message);
    }
}

static void what_a_request_is_authorised_by_is_kept_where_it_is_one_value_of_its_length(void **state)
{
    (void)state;
#define LONG_127 \
    LONG_8 LONG_8 LONG_8 LONG_8 LONG_8 LONG_8 LONG_8 LONG_8 LONG_8 LONG_8 LONG_8 LONG_8 LONG_8 LONG_8 LONG_8 "aaaaaaa"
    _Static_assert(sizeof LONG_127 == (size_t)HTTP_AUTHORIZATION_MAX + 1, "the longest that is kept");
    static const struct {
        const char *headers;
        const char *value;
    } table[] = {
        {"", ""},
        {"Authorization: Aval-Site YWJj\r\n", "Aval-Site YWJj"},
        {"authorization:   x y \r\nX-Other: Basic z\r\n", "x y"},
        {"Authorization:\r\n", ""},
        {"Authorization: a\r\nAuthorization: a\r\n", ""},
        {"Authorization: a\r\nX-Other: b\r\nAUTHORIZATION: c\r\n", ""},
        {"Authorizatio: a\r\nAuthorization2: b\r\nProxy-Authorization: c\r\n", ""},
        {"Authorization: " LONG_127 "\r\n", LONG_127},
        {"Authorization: " LONG_127 "a\r\n", ""},
        {"Authorization: " LONG_127 LONG_127 LONG_127 "\r\n", ""},
        {"Expect: 100-continue" LONG_127 "\r\nAuthorization: a\r\n", "a"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char text[1024];
        snprintf(text, sizeof text,
                 "POST / HTTP/1.1\r\n%s" HOST "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"
                 "Authorization: from behind\r\nX-More: b\r\n\r\n",
                 table[i].headers);
        for (size_t piece = 1; piece <= strlen(text); piece++) {
            struct message message;
            feed(&message, slice_of(text), piece);
            assert_int_equal(message.state, MESSAGE_WHOLE);
            if (!slice_is(message_authorization(&message), table[i].value))
                fail_msg("row %zu in pieces of %zu", i, piece);
            assert_false(message.expects);
            message_end(&message);
        }
    }
}

/* ---- what is asked for ---- */

static void a_target_is_a_path_and_arguments(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *path;
        const char *a; /* the argument of that name */
        const char *b;
    } table[] = {
        {"/", "/", NULL, NULL},
        {"/p?a=1&b=2", "/p", "1", "2"},
        {"/p?b=2&a=1&a=3", "/p", "1", "2"},
        {"/p?a=%41%2b+%2F%26&b=%3d", "/p", "A+ /&", "="},
        {"/p?a=%4&b=%zz%", "/p", "%4", "%zz%"},
        {"/p?a=1%00", "/p", "1%00", NULL},
        {"/p?%61=1&&=&b", "/p", "1", NULL},
        {"/p?a=&b==", "/p", "", "="},
        {"/p?aa=1&b=2#a=3", "/p", NULL, "2"},
        {"/p#?a=1", "/p", NULL, NULL},
        {"/a%20b", "/a%20b", NULL, NULL},
        {"http://h:1/p?a=1", "/p", "1", NULL},
        {"HTTP://h", "/", NULL, NULL},
        {"http://h?a=1", "/", "1", NULL},
        {"*", "*", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct target target;
        target_begin(&target);
        for (const char *at = table[i].text; *at != 0; at++)
            target_add(&target, at, 1);
        for (unsigned again = 0; again < 2; again++) { /* the same when asked anew */
            const char *const a = target_argument(&target, "a");
            const char *const b = target_argument(&target, "b");
            assert_string_equal(target_path(&target), table[i].path);
            assert_string_equal(a == NULL ? "(none)" : a, table[i].a == NULL ? "(none)" : table[i].a);
            assert_string_equal(b == NULL ? "(none)" : b, table[i].b == NULL ? "(none)" : table[i].b);
        }
    }
}

static void a_target_of_the_longest_length_is_read_and_one_longer_is_not(void **state)
{
    (void)state;
    static const char head[] = "/p?a=";
    for (size_t size = TARGET_SIZE - 1; size <= TARGET_SIZE; size++) {
        struct target target;
        target_begin(&target);
        target_add(&target, head, strlen(head));
        while (target.size < size)
            target_add(&target, "x", 1);
        const char *const value = target_argument(&target, "a");
        assert_string_equal(target_path(&target), size < TARGET_SIZE ? "/p" : "");
        assert_int_equal(value == NULL ? 0 : strlen(value), size < TARGET_SIZE ? size - strlen(head) : 0);
    }
}

static const struct http_route routes[] = {
    {METHOD_GET, "/things", NULL},         {METHOD_POST, "/things", NULL},  {METHOD_GET, "/things/*", NULL},
    {METHOD_POST, "/things/*/turn", NULL}, {METHOD_GET, "/files/**", NULL}, {METHOD_GET, "/files/never", NULL},
};

static void a_path_and_a_method_find_their_route(void **state)
{
    (void)state;
    static const struct {
        enum http_method_id method;
        const char *path;
        enum route_verdict verdict;
        size_t route;
        const char *name; /* or, where the method is wrong, those that are not */
    } table[] = {
        {METHOD_GET, "/things", ROUTE_FOUND, 0, ""},
        {METHOD_HEAD, "/things", ROUTE_FOUND, 0, ""},
        {METHOD_POST, "/things", ROUTE_FOUND, 1, ""},
        {METHOD_OTHER, "/things", ROUTE_NOT_THIS_METHOD, 0, "GET, HEAD, POST"},
        {METHOD_GET, "/things/one", ROUTE_FOUND, 2, "one"},
        {METHOD_GET, "/things/", ROUTE_FOUND, 2, ""},
        {METHOD_POST, "/things/one", ROUTE_NOT_THIS_METHOD, 0, "GET, HEAD"},
        {METHOD_POST, "/things/one/turn", ROUTE_FOUND, 3, "one"},
        {METHOD_HEAD, "/things/one/turn", ROUTE_NOT_THIS_METHOD, 0, "POST"},
        {METHOD_POST, "/things/one/turns", ROUTE_NO_SUCH_PATH, 0, ""},
        {METHOD_POST, "/things/one/two/turn", ROUTE_NO_SUCH_PATH, 0, ""},
        {METHOD_GET, "/files/a/b", ROUTE_FOUND, 4, "a/b"},
        {METHOD_GET, "/files/never", ROUTE_FOUND, 4, "never"},
        {METHOD_GET, "/files", ROUTE_NO_SUCH_PATH, 0, ""},
        {METHOD_GET, "/thing", ROUTE_NO_SUCH_PATH, 0, ""},
        {METHOD_GET, "", ROUTE_NO_SUCH_PATH, 0, ""},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct route_found found;
        const enum route_verdict verdict =
            route_find(routes, sizeof routes / sizeof *routes, table[i].method, table[i].path, &found);
        assert_int_equal(verdict, table[i].verdict);
        if (verdict == ROUTE_NOT_THIS_METHOD)
            assert_string_equal(found.allow, table[i].name);
        if (verdict != ROUTE_FOUND)
            continue;
        assert_ptr_equal(found.route, &routes[table[i].route]);
        assert_true(slice_is(slice_make(table[i].path + found.name_begin, found.name_size), table[i].name));
    }
}

/* ---- heads of answers ---- */

static void a_head_says_how_its_answer_ends(void **state)
{
    (void)state;
    static const struct http_response response = {
        .status = 405, .type = "text/plain", .cache = "no-store", .allow = "POST"};
    static const struct {
        enum head_framing framing;
        bool closing;
        const char *text;
    } table[] = {
        {FRAMED_BY_LENGTH, false,
         "HTTP/1.1 405 Method Not Allowed\r\nDate: d\r\nContent-Type: text/plain\r\nCache-Control: no-store\r\n"
         "Allow: POST\r\nContent-Length: 18446744073709551614\r\n\r\n"},
        {FRAMED_BY_CHUNKS, false,
         "HTTP/1.1 405 Method Not Allowed\r\nDate: d\r\nContent-Type: text/plain\r\nCache-Control: no-store\r\n"
         "Allow: POST\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {FRAMED_BY_CLOSE, true,
         "HTTP/1.1 405 Method Not Allowed\r\nDate: d\r\nContent-Type: text/plain\r\nCache-Control: no-store\r\n"
         "Allow: POST\r\nConnection: close\r\n\r\n"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char text[HEAD_SIZE];
        const size_t size =
            head_write(&response, table[i].framing, UINT64_MAX - 1, "Date: d\r\n", table[i].closing, text);
        assert_true(slice_is(slice_make(text, size), table[i].text));
    }
}

/* Every status that the table of errors can ask for. */
static void every_status_has_its_words(void **state)
{
    (void)state;
    size_t count;
    const struct error_info *const errors = error_table(&count);
    for (size_t i = 0; i < count; i++)
        assert_int_not_equal(strlen(status_words(errors[i].http_status)), 0);
}

/* ---- timers ---- */

static void timers_end_in_the_order_in_which_they_were_last_set(void **state)
{
    (void)state;
    struct timers timers;
    struct timer three[3] = {0};
    timers_make(&timers, 10);
    assert_null(timers_first(&timers));
    for (size_t i = 0; i < 3; i++)
        timer_set(&timers, &three[i], (int64_t)i);
    assert_ptr_equal(timers_first(&timers), &three[0]);
    assert_int_equal(three[0].end, 10);
    timer_set(&timers, &three[0], 5);
    assert_ptr_equal(timers_first(&timers), &three[1]);
    timer_clear(&three[1]);
    timer_clear(&three[1]);
    assert_false(timer_is_set(&three[1]));
    assert_ptr_equal(timers_first(&timers), &three[2]);
    timer_clear(&three[2]);
    assert_ptr_equal(timers_first(&timers), &three[0]);
    assert_int_equal(three[0].end, 15);
    timer_clear(&three[0]);
    assert_null(timers_first(&timers));
}

/* ---- connections by address ---- */

enum { ADDRESSES = 200, EACH = 3 };

static const uint8_t key[ADDRESSES_KEY_SIZE] = {1, 2, 3};

static struct address numbered(unsigned number)
{
    return (struct address){{[14] = (uint8_t)(number >> 8), [15] = (uint8_t)number}};
}

static void an_address_has_as_many_connections_as_it_may(void **state)
{
    (void)state;
    struct addresses addresses;
    assert_true(is_ok(addresses_make(2, EACH, key, &addresses)));
    const struct address one = numbered(1);
    const struct address two = numbered(2);
    const struct address three = numbered(3);
    for (unsigned i = 0; i < EACH; i++)
        assert_true(addresses_enter(&addresses, &one));
    assert_false(addresses_enter(&addresses, &one));
    assert_true(addresses_enter(&addresses, &two));
    assert_false(addresses_enter(&addresses, &three)); /* the table is for two */
    addresses_leave(&addresses, &one);
    assert_true(addresses_enter(&addresses, &one));
    addresses_leave(&addresses, &two);
    assert_true(addresses_enter(&addresses, &three));
    addresses_free(&addresses);
}

/* Against plain counting, with a small generator of numbers of its own. */
static void the_table_counts_what_plain_counting_counts(void **state)
{
    (void)state;
    struct addresses addresses;
    unsigned counts[ADDRESSES] = {0};
    uint32_t random = 1;
    assert_true(is_ok(addresses_make(ADDRESSES, EACH, key, &addresses)));
    for (unsigned i = 0; i < 50000; i++) {
        random = random * 1664525 + 1013904223;
        const unsigned number = (random >> 16) % ADDRESSES;
        const struct address address = numbered(number);
        if ((random >> 8) % 2 == 0) {
            assert_int_equal(addresses_enter(&addresses, &address), counts[number] < EACH);
            counts[number] += counts[number] < EACH ? 1 : 0;
        } else if (counts[number] > 0) {
            addresses_leave(&addresses, &address);
            counts[number]--;
        }
    }
    size_t used = 0;
    for (unsigned i = 0; i < ADDRESSES; i++)
        used += counts[i] > 0 ? 1 : 0;
    assert_int_equal(addresses.used, used);
    addresses_free(&addresses);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_the_same_in_whatever_pieces_it_comes),
        cmocka_unit_test(every_truncation_waits_for_more),
        cmocka_unit_test(a_body_in_one_piece_is_read_where_it_lies),
        cmocka_unit_test(who_waits_to_be_told_to_go_on_is_known_once_the_headers_are_there),
        cmocka_unit_test(what_is_too_long_ends_the_reading),
        cmocka_unit_test(many_small_chunks_are_bounded_too),
        cmocka_unit_test(a_body_that_is_too_large_is_read_to_its_end_and_lost),
        cmocka_unit_test(an_address_longer_than_any_page_has_no_path),
        cmocka_unit_test(a_head_is_too_large_in_whatever_pieces_it_comes),
        cmocka_unit_test(what_a_request_is_authorised_by_is_kept_where_it_is_one_value_of_its_length),
        cmocka_unit_test(a_target_is_a_path_and_arguments),
        cmocka_unit_test(a_target_of_the_longest_length_is_read_and_one_longer_is_not),
        cmocka_unit_test(a_path_and_a_method_find_their_route),
        cmocka_unit_test(a_head_says_how_its_answer_ends),
        cmocka_unit_test(every_status_has_its_words),
        cmocka_unit_test(timers_end_in_the_order_in_which_they_were_last_set),
        cmocka_unit_test(an_address_has_as_many_connections_as_it_may),
        cmocka_unit_test(the_table_counts_what_plain_counting_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
