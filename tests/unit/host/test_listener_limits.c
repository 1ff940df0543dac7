/*
 * The activation listener over real sockets: what is too large, and who is cut off.
 *
 * The one test that must wait for a timeout sets it to a second and lets all its slow clients be slow at once.
 */
#include "listener_rig.h"

#include "proto/answer.h"
#include "proto/introduction.h"
#include "store/machines.h"
#include "store/operators.h"
#include "system/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

static void a_body_that_is_too_large_is_refused_however_it_comes(void **state)
{
    const struct site *const site = *state;
    struct reply reply;
    char *const large = calloc(1, (size_t)REQUEST_MAX + 1);
    memset(large, 'a', REQUEST_MAX + 1);
    post(site, API_ACTIVATE, slice_make(large, REQUEST_MAX + 1), &reply);
    denial_in(&reply, ERR_REQUEST_TOO_LARGE);
    post(site, API_ACTIVATE, slice_make(large, REQUEST_MAX), &reply);
    denial_in(&reply, ERR_REQUEST_REFUSED);

    int client = open_client(site);
    send_text(client, "POST " API_ACTIVATE " HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\n\r\n");
    read_reply(client, false, &reply);
    denial_in(&reply, ERR_REQUEST_TOO_LARGE);
    close(client);

    client = open_client(site);
    send_text(client, "POST " API_ACTIVATE " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2001\r\n");
    send_all(client, large, REQUEST_MAX + 1);
    send_text(client, "\r\n0\r\n\r\n");
    read_reply(client, false, &reply);
    denial_in(&reply, ERR_REQUEST_TOO_LARGE);
    close(client);
    free(large);
}

static void headers_that_are_too_large_are_refused(void **state)
{
    const struct site *const site = *state;
    struct reply reply;
    const int client = open_client(site);
    char *const large = malloc(9000);
    memset(large, 'a', 9000);
    send_text(client, "GET " API_HEALTH " HTTP/1.1\r\nHost: h\r\nX-Large: ");
    send_all(client, large, 9000);
    send_text(client, "\r\n\r\n");
    read_reply(client, false, &reply);
    assert_int_equal(reply.status, 431);
    struct denial denial;
    assert_ok(denial_read(reply.body, &denial));
    assert_int_equal(denial.code, ERR_REQUEST_TOO_LARGE);
    close(client);
    free(large);
}

static void a_port_that_is_taken_is_an_error(void **state)
{
    const struct site *const site = *state;
    struct config config = site->config;
    config.port = listener_port(site->listener);
    struct listener *second = NULL;
    assert_fails(listener_start(&config, site->engine, &site->fixture.log, &second, NULL), PORT_IN_USE);
    assert_null(second);
}

static void given_addresses_alone_are_listened_to(void **state)
{
    struct site *const site = *state;
    struct config config = site->config;
    config.address_count = 2;
    strcpy(config.addresses[0], "127.0.0.2");
    strcpy(config.addresses[1], "127.0.0.3");
    listen_with(site, &config);
    const uint16_t port = listener_port(site->listener);
    for (int last = 1; last <= 3; last++) {
        char address[16];
        snprintf(address, sizeof address, "127.0.0.%d", last);
        const int client = connect_to(address, port);
        assert_int_equal(client >= 0, last != 1);
        if (client >= 0)
            close(client);
    }
    strcpy(config.addresses[1], "not an address");
    struct listener *other = NULL;
    struct reason reason = {.text = ""};
    assert_fails(listener_start(&config, site->engine, &site->fixture.log, &other, &reason), ADDRESS_ABSENT);
    assert_non_null(strstr(reason.text, "not an address port "));
}

/* ---- who is cut off ---- */

static bool is_cut(int client)
{
    char byte;
    const ssize_t count = recv(client, &byte, 1, MSG_DONTWAIT);
    return count == 0 || (count < 0 && errno != EAGAIN);
}

static void slow_clients_are_cut_off_and_quick_ones_served(void **state)
{
    struct site *const site = *state;
    struct config config = site->config;
    config.request_timeout = 1;
    listen_with(site, &config);
    static const char headers[] = "POST " API_ACTIVATE " HTTP/1.1\r\nX-Slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const int in_headers = open_client(site);
    const int in_body = open_client(site);
    const int silent = open_client(site);
    send_text(in_body, "POST " API_ACTIVATE " HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n");
    const int64_t start = clock_monotonic_ms();
    bool cut[3] = {false, false, false};
    for (size_t i = 0; clock_monotonic_ms() - start < 1900 && !(cut[0] && cut[1] && cut[2]); i++) {
        send_all(in_headers, &headers[i < sizeof headers - 2 ? i : sizeof headers - 2], 1);
        send_text(in_body, "a");
        usleep(25000);
        cut[0] = is_cut(in_headers);
        cut[1] = is_cut(in_body);
        cut[2] = is_cut(silent);
        if (clock_monotonic_ms() - start < 900)
            assert_false(cut[0] || cut[1] || cut[2]);
    }
    assert_true(cut[0] && cut[1] && cut[2]);
    close(in_headers);
    close(in_body);
    close(silent);
    struct reply reply;
    ask(site, "GET", API_HEALTH, &reply);
    assert_int_equal(reply.status, 200);
}

static void connections_from_one_address_are_limited(void **state)
{
    struct site *const site = *state;
    struct config config = site->config;
    config.connections_per_address = 3;
    listen_with(site, &config);
    int clients[4];
    struct reply reply;
    for (size_t i = 0; i < 4; i++) {
        clients[i] = open_client(site);
        send_text(clients[i], "GET " API_HEALTH " HTTP/1.1\r\nHost: h\r\n\r\n");
        read_reply(clients[i], false, &reply);
        assert_int_equal(reply.status, i < 3 ? 200 : 0);
    }
    for (size_t i = 0; i < 4; i++)
        close(clients[i]);
}

static void one_connection_too_many_waits_until_another_ends(void **state)
{
    struct site *const site = *state;
    struct config config = site->config;
    config.connections = 2;
    listen_with(site, &config);
    int clients[3];
    struct reply reply;
    for (size_t i = 0; i < 3; i++) {
        clients[i] = open_client(site); /* the third by the system alone */
        send_text(clients[i], "GET " API_HEALTH " HTTP/1.1\r\nHost: h\r\n\r\n");
        if (i < 2)
            read_reply(clients[i], false, &reply);
    }
    struct pollfd ready = {.fd = clients[2], .events = POLLIN};
    assert_int_equal(poll(&ready, 1, 100), 0);
    close(clients[0]);
    read_reply(clients[2], false, &reply);
    assert_int_equal(reply.status, 200);
    close(clients[1]);
    close(clients[2]);
}

/* Answers enough to fill the socket, and nobody who takes them. */
static void who_does_not_take_its_answers_is_cut_off(void **state)
{
    struct site *const site = *state;
    struct config config = site->config;
    config.request_timeout = 1;
    listen_with(site, &config);
    CLEANUP_BUFFER struct buffer asked = buffer_make(SIZE_MAX);
    for (size_t i = 0; i < 200; i++)
        buffer_append_text(&asked, "GET " API_LICENSE "main HTTP/1.1\r\nHost: h\r\n\r\n");
    const int client = open_client(site);
    const int64_t start = clock_monotonic_ms();
    struct pollfd ready = {.fd = client, .events = POLLHUP};
    bool cut = false;
    while (!cut && clock_monotonic_ms() - start < WAIT_MILLISECONDS) {
        const ssize_t sent = send(client, asked.data, asked.size, MSG_NOSIGNAL | MSG_DONTWAIT);
        cut = sent < 0 && errno != EAGAIN;
        if (sent < 0 && !cut)
            poll(&ready, 1, 25);
    }
    assert_true(cut);
    close(client);
}

static void held_connections_do_not_keep_others_out(void **state)
{
    enum { HELD = 400 }; /* both ends count against this process's files */
    const struct site *const site = *state;
    int held[HELD];
    for (size_t i = 0; i < HELD; i++) {
        held[i] = open_client(site);
        send_text(held[i], "POST /v1/act");
    }
    CLEANUP_BUFFER struct buffer body = request_text(1, 1);
    struct reply reply;
    post(site, API_ACTIVATE, buffer_slice(&body), &reply);
    check_leaf(&reply, 0);
    for (size_t i = 0; i < HELD; i++)
        close(held[i]);
}

/* ---- the end ---- */

static void a_quiet_listener_takes_nothing_new_and_says_busy_on_kept_connections(void **state)
{
    struct site *const site = *state;
    CLEANUP_BUFFER struct buffer body = request_text(1, 1);
    struct reply reply;
    const int client = open_client(site);
    send_post(client, API_ACTIVATE, buffer_slice(&body));
    read_reply(client, false, &reply);
    check_leaf(&reply, 0);
    const uint16_t port = listener_port(site->listener);
    listener_quiesce(site->listener);
    engine_stop(site->engine);
    site->engine = NULL;
    send_post(client, API_ACTIVATE, buffer_slice(&body));
    read_reply(client, false, &reply);
    denial_in(&reply, ERR_HOST_BUSY);
    const int late = connect_to("127.0.0.1", port);
    assert_true(late < 0);
    close(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_body_that_is_too_large_is_refused_however_it_comes),
        TEST(headers_that_are_too_large_are_refused),
        TEST(a_port_that_is_taken_is_an_error),
        TEST(given_addresses_alone_are_listened_to),
        TEST(slow_clients_are_cut_off_and_quick_ones_served),
        TEST(connections_from_one_address_are_limited),
        TEST(one_connection_too_many_waits_until_another_ends),
        TEST(who_does_not_take_its_answers_is_cut_off),
        TEST(held_connections_do_not_keep_others_out),
        TEST(a_quiet_listener_takes_nothing_new_and_says_busy_on_kept_connections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
