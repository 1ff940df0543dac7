/* The activation listener over real sockets: what is answered. */
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

/* ---- what is answered ---- */

static void activations_follow_each_other_on_one_connection(void **state)
{
    const struct site *const site = *state;
    struct reply reply;
    const int client = open_client(site);
    for (uint64_t i = 0; i < 3; i++) {
        CLEANUP_BUFFER struct buffer body = request_text(i, 1);
        send_post(client, API_ACTIVATE, buffer_slice(&body));
        read_reply(client, false, &reply);
        check_leaf(&reply, i);
    }
    close(client);
}

static void a_body_in_pieces_is_put_together(void **state)
{
    const struct site *const site = *state;
    CLEANUP_BUFFER struct buffer body = request_text(1, 1);
    struct reply reply;
    const int client = open_client(site);
    char head[256];
    snprintf(head, sizeof head, "POST " API_ACTIVATE " HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\n", body.size);
    send_text(client, head);
    for (size_t sent = 0; sent < body.size; sent += 100) {
        send_all(client, body.data + sent, body.size - sent < 100 ? body.size - sent : 100);
        usleep(1000);
    }
    read_reply(client, false, &reply);
    check_leaf(&reply, 0);
    close(client);
}

static void a_chunked_body_is_read(void **state)
{
    const struct site *const site = *state;
    CLEANUP_BUFFER struct buffer body = request_text(1, 1);
    struct reply reply;
    const int client = open_client(site);
    char chunk[64];
    snprintf(chunk, sizeof chunk, "%zx\r\n", body.size);
    send_text(client, "POST " API_ACTIVATE " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    send_text(client, chunk);
    send_all(client, body.data, body.size);
    send_text(client, "\r\n0\r\n\r\n");
    read_reply(client, false, &reply);
    check_leaf(&reply, 0);
    close(client);
}

static void a_seat_is_given_back(void **state)
{
    const struct site *const site = *state;
    const struct request request = fixture_request(1, 1);
    struct release release = fixture_release(1, "main", 2);
    struct reply reply;
    post_request(site, 1, &request, &reply);
    check_leaf(&reply, 0);
    for (size_t i = 0; i < 2; i++) { /* once more, as where the answer was lost */
        post_release(site, 1, &release, &reply);
        check_leaf(&reply, 1);
    }
    release.number = 3;
    post_release(site, 1, &release, &reply);
    denial_in(&reply, ERR_RELEASE_NOTHING);
}

/* ---- the introduction ---- */

/* Returns the size of the ledger that is shown. */
static uint64_t expect_introduced(const struct site *site, const char *license_id)
{
    struct reply reply;
    struct introduction introduction;
    struct license license;
    struct checkpoint checkpoint;
    ask(site, "GET", API_INTRODUCE VENDOR "/" PRODUCT "/" EDITION, &reply);
    assert_int_equal(reply.status, 200);
    assert_true(starts(header_of(&reply, "content-type"), TYPE_TEXT));
    assert_true(starts(header_of(&reply, "cache-control"), "no-store"));
    assert_ok(introduction_read(reply.body, &introduction));
    assert_int_equal(introduction.revocations, 1);
    assert_ok(license_open(introduction.license, signing_key_verifier(site->fixture.vendor), 1, &license));
    assert_string_equal(license.id, license_id);
    assert_ok(checkpoint_open(introduction.checkpoint, &license.host_keys[0], &checkpoint));
    return checkpoint.size;
}

static void use(struct site *site, const struct license *license)
{
    fixture_put_license(&site->fixture, license);
    engine_set_authority(site->engine, fixture_authority(&site->fixture));
}

static void a_host_introduces_itself_before_and_after_its_first_lease(void **state)
{
    const struct site *const site = *state;
    CLEANUP_BUFFER struct buffer body = request_text(1, 1);
    struct reply reply;
    for (uint64_t size = 0; size < 2; size++) {
        assert_int_equal(expect_introduced(site, "main"), size);
        post(site, API_ACTIVATE, buffer_slice(&body), &reply);
        check_leaf(&reply, 0);
    }
}

static void the_license_introduced_is_the_best_for_what_is_wanted(void **state)
{
    struct site *const site = *state;
    struct license license = fixture_license(&site->fixture, "a-ended");
    license.not_before = license.issued = TODAY - (seconds)400 * DAY;
    license.not_after = TODAY;
    use(site, &license);
    license = fixture_license(&site->fixture, "b-later");
    license.not_before = TODAY + DAY;
    license.not_after = TODAY + (seconds)900 * DAY;
    use(site, &license);
    expect_introduced(site, "main");
    license = fixture_license(&site->fixture, "c-longer");
    license.not_after += DAY;
    use(site, &license);
    expect_introduced(site, "c-longer");
    fixture_set_now(TODAY + (seconds)380 * DAY);
    expect_introduced(site, "b-later");
    fixture_set_now(TODAY - (seconds)2 * DAY);
    expect_introduced(site, "a-ended"); /* in force then */
}

static void a_host_without_a_license_for_it_says_so(void **state)
{
    static const char *const addresses[] = {
        API_INTRODUCE,
        API_INTRODUCE VENDOR,
        API_INTRODUCE VENDOR "/" PRODUCT,
        API_INTRODUCE VENDOR "/" PRODUCT "/edu",
        API_INTRODUCE VENDOR "/" PRODUCT "/" EDITION "/",
        API_INTRODUCE VENDOR "/other/" EDITION,
        API_INTRODUCE "nobody.example/" PRODUCT "/" EDITION,
        API_INTRODUCE VENDOR "/" PRODUCT "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    };
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        struct reply reply;
        ask(*state, "GET", addresses[i], &reply);
        denial_in(&reply, ERR_NO_LICENSE);
    }
}

static void licenses_and_revocations_are_served_to_be_cached(void **state)
{
    const struct site *const site = *state;
    struct reply reply;
    struct license license;
    ask(site, "GET", API_LICENSE "main", &reply);
    assert_int_equal(reply.status, 200);
    assert_true(starts(header_of(&reply, "cache-control"), "public"));
    assert_ok(license_open(reply.body, signing_key_verifier(site->fixture.vendor), 1, &license));
    ask(site, "HEAD", API_LICENSE "main", &reply);
    assert_int_equal(reply.status, 200);
    ask(site, "GET", API_LICENSE "unheard-of", &reply);
    denial_in(&reply, ERR_NO_SUCH_PAGE);
    ask(site, "GET", API_REVOCATIONS VENDOR, &reply);
    assert_int_equal(reply.status, 200);
    assert_true(starts((const char *)reply.body.data, "aval revocations v1\n"));
    ask(site, "GET", API_REVOCATIONS "nobody.example", &reply);
    denial_in(&reply, ERR_NO_SUCH_PAGE);
}

static void a_healthy_host_says_ok(void **state)
{
    struct reply reply;
    ask(*state, "GET", API_HEALTH, &reply);
    assert_int_equal(reply.status, 200);
    assert_true(slice_is(reply.body, "ok\n"));
}

static bool keep_addresses(void *context, const struct denial_entry *entry)
{
    strcat(context, entry->address);
    strcat(context, " ");
    return true;
}

static void both_families_are_listened_to_and_addresses_are_plain(void **state)
{
    struct site *const site = *state;
    const char *const addresses[] = {"127.0.0.1", "::1"};
    struct reply reply;
    for (size_t i = 0; i < 2; i++) {
        struct request request = fixture_request(1, 1 + i);
        strcpy(request.product, "unheard-of");
        CLEANUP_BUFFER struct buffer body = buffer_make(REQUEST_MAX);
        fixture_sign_request(1, &request, &body);
        const int client = connect_to(addresses[i], listener_port(site->listener));
        if (client < 0 && i == 1)
            skip(); /* a system without IPv6 */
        send_post(client, API_ACTIVATE, buffer_slice(&body));
        read_reply(client, false, &reply);
        close(client);
        denial_in(&reply, ERR_NO_LICENSE);
    }
    site_end(site);
    char kept[4 * ADDRESS_TEXT_SIZE] = "";
    assert_ok(store_denials(site->store, NULL, 0, 10, keep_addresses, kept, NULL));
    assert_string_equal(kept, "::1 127.0.0.1 ");
}

static void requests_sent_at_once_are_answered_one_after_the_other(void **state)
{
    enum { COUNT = 5 };
    const struct site *const site = *state;
    CLEANUP_BUFFER struct buffer all = buffer_make((size_t)(COUNT + 1) * REQUEST_MAX);
    for (uint64_t i = 0; i < COUNT; i++) {
        CLEANUP_BUFFER struct buffer body = request_text(i, 1);
        buffer_printf(&all, "POST " API_ACTIVATE " HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\n", body.size);
        buffer_append_slice(&all, buffer_slice(&body));
        buffer_append_text(&all, "HEAD " API_HEALTH " HTTP/1.1\r\nHost: h\r\n\r\n");
    }
    buffer_append_text(&all, "GET " API_HEALTH " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    const int client = open_client(site);
    send_all(client, all.data, all.size);
    char *const text = calloc(1, REPLY_MAX);
    struct pollfd ready = {.fd = client, .events = POLLIN};
    size_t size = 0;
    ssize_t count;
    do {
        assert_int_equal(poll(&ready, 1, WAIT_MILLISECONDS), 1);
        count = recv(client, text + size, REPLY_MAX - 1 - size, 0);
        size += count > 0 ? (size_t)count : 0;
    } while (count > 0);
    assert_int_equal(count, 0);
    size_t answers = 0;
    for (const char *at = text; (at = strstr(at, "HTTP/1.1 200 OK\r\n")) != NULL; at++)
        answers++;
    assert_int_equal(answers, 2 * COUNT + 1);
    const size_t end_size = strlen("Connection: close\r\n\r\nok\n");
    assert_string_equal(text + size - end_size, "Connection: close\r\n\r\nok\n");
    free(text);
    close(client);
}

static void who_asks_before_sending_is_told_to_go_on(void **state)
{
    const struct site *const site = *state;
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    CLEANUP_BUFFER struct buffer body = request_text(1, 1);
    const int client = open_client(site);
    char text[256];
    snprintf(text, sizeof text,
             "POST " API_ACTIVATE " HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: %zu\r\n\r\n",
             body.size);
    send_text(client, text);
    assert_int_equal(recv(client, text, strlen(go_on), MSG_WAITALL), strlen(go_on));
    assert_memory_equal(text, go_on, strlen(go_on));
    send_all(client, body.data, body.size);
    struct reply reply;
    read_reply(client, false, &reply);
    check_leaf(&reply, 0);
    send_text(client,
              "POST " API_ACTIVATE " HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 10000\r\n\r\n");
    read_reply(client, false, &reply);
    denial_in(&reply, ERR_REQUEST_TOO_LARGE);
    close(client);
}

static void the_answer_to_one_request_alone_ends_the_connection(void **state)
{
    static const char *const requests[] = {
        "GET " API_HEALTH " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "GET " API_HEALTH " HTTP/1.0\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        struct reply reply;
        char byte;
        const int client = open_client(*state);
        send_text(client, requests[i]);
        read_reply(client, false, &reply);
        assert_int_equal(reply.status, 200);
        assert_true(starts(header_of(&reply, "connection"), "close\r"));
        assert_true(starts(strstr(header_of(&reply, "date"), " GMT\r"), " GMT\r"));
        assert_int_equal(recv(client, &byte, 1, 0), 0);
        close(client);
    }
}

/* A client that has said all it has to say may still listen. */
static void half_a_connection_gets_its_answer(void **state)
{
    const struct site *const site = *state;
    CLEANUP_BUFFER struct buffer body = request_text(1, 1);
    struct reply reply;
    const int client = open_client(site);
    send_post(client, API_ACTIVATE, buffer_slice(&body));
    shutdown(client, SHUT_WR);
    read_reply(client, false, &reply);
    check_leaf(&reply, 0);
    close(client);
}

static void clients_that_leave_before_their_answer_do_no_harm(void **state)
{
    const struct site *const site = *state;
    struct reply reply;
    for (uint64_t i = 0; i < 50; i++) {
        CLEANUP_BUFFER struct buffer body = request_text(i, 1);
        const int client = open_client(site);
        const struct linger now = {.l_onoff = 1, .l_linger = 0};
        send_post(client, API_ACTIVATE, buffer_slice(&body));
        if (i % 2 == 0)
            setsockopt(client, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        close(client);
    }
    ask(site, "GET", API_HEALTH, &reply);
    assert_int_equal(reply.status, 200);
}

/* ---- what is refused ---- */

static void what_is_not_http_is_refused_and_the_connection_ends(void **state)
{
    static const char *const requests[] = {
        "NOT HTTP AT ALL\r\n\r\n",
        "GET " API_HEALTH " HTTP/1.1\r\n\r\n", /* no Host */
        "POST " API_ACTIVATE " HTTP/1.1\r\nHost: h\r\nContent-Length: 5x\r\n\r\nhello and more",
        "GET " API_HEALTH " HTTP/9.9\r\nHost: h\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        struct reply reply;
        char byte;
        const int client = open_client(*state);
        send_text(client, requests[i]);
        read_reply(client, false, &reply);
        denial_in(&reply, ERR_REQUEST_REFUSED);
        assert_true(starts(header_of(&reply, "connection"), "close\r"));
        assert_int_equal(recv(client, &byte, 1, 0), 0);
        close(client);
    }
}

static void unknown_pages_and_methods_are_named(void **state)
{
    static const struct {
        const char *method;
        const char *path;
        enum error_code code;
        const char *allow;
    } table[] = {
        {"GET", "/", ERR_NO_SUCH_PAGE, NULL},
        {"GET", "/v1/activate/", ERR_NO_SUCH_PAGE, NULL},
        {"GET", "/v1", ERR_NO_SUCH_PAGE, NULL},

        {"GET", API_LICENSE "..%2f..%2fhost", ERR_NO_SUCH_PAGE, NULL},
        {"GET", API_ACTIVATE, ERR_WRONG_METHOD, "POST\r"},
        {"PUT", API_RELEASE, ERR_WRONG_METHOD, "POST\r"},
        {"DELETE", API_LICENSE "main", ERR_WRONG_METHOD, "GET, HEAD\r"},
        {"OPTIONS", API_HEALTH, ERR_WRONG_METHOD, "GET, HEAD\r"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct reply reply;
        ask(*state, table[i].method, table[i].path, &reply);
        denial_in(&reply, table[i].code);
        assert_int_equal(header_of(&reply, "allow") != NULL, table[i].allow != NULL);
        if (table[i].allow != NULL)
            assert_true(starts(header_of(&reply, "allow"), table[i].allow));
    }
}

/* Posts the text, signed by some key. */
static void post_signed(const struct site *site, const char *path, const char *text, struct reply *reply)
{
    CLEANUP_SIGNING_KEY struct signing_key *key = fixture_machine_key(1);
    CLEANUP_BUFFER struct buffer note = buffer_make(REQUEST_MAX);
    assert_ok(machine_note_sign(slice_of(text), key, &note));
    post(site, path, buffer_slice(&note), reply);
}

static void a_malformed_request_is_told_what_and_where(void **state)
{
    const struct site *const site = *state;
    struct reply reply;
    post_signed(site, API_ACTIVATE, "aval request v1\nvendor acme.example\nproduct NOT AN ID\n", &reply);
    struct denial denial = denial_in(&reply, ERR_REQUEST_REFUSED);
    assert_non_null(strstr(denial.message, "document-value, line 3"));
    post(site, API_ACTIVATE, slice_of(""), &reply);
    denial = denial_in(&reply, ERR_REQUEST_REFUSED);
    assert_non_null(strstr(denial.message, "text-empty"));
    post(site, API_ACTIVATE, slice_of("aval request v1\n"), &reply);
    denial = denial_in(&reply, ERR_REQUEST_REFUSED);
    assert_non_null(strstr(denial.message, "note-form"));
    post_signed(site, API_RELEASE, "aval request v1\n", &reply);
    denial = denial_in(&reply, ERR_REQUEST_REFUSED);
    assert_non_null(strstr(denial.message, "document-type, line 1"));
    post(site, API_ACTIVATE, slice_make("\xff\xfe\n", 3), &reply);
    denial_in(&reply, ERR_REQUEST_REFUSED);
}

static bool count_row(void *context, const struct machine_entry *entry)
{
    (void)entry;
    ++*(size_t *)context;
    return true;
}

static uint64_t denied_of(const struct site *site, enum error_code code)
{
    struct metrics metrics;
    engine_metrics(site->engine, &metrics);
    return metrics_denials(&metrics, code);
}

/* Any bit of what the machine signed, or another key's signature under it: counted, and nothing else is left of it. */
static void what_no_machine_signed_for_this_host_leaves_nothing_but_a_figure(void **state)
{
    struct site *const site = *state;
    struct reply reply;
    struct request request = fixture_request(1, 1);
    struct release release = fixture_release(1, "main", 1);
    CLEANUP_BUFFER struct buffer note = buffer_make(REQUEST_MAX);
    fixture_sign_request(1, &request, &note);
    for (size_t i = 0; i < note.size; i += 41) {
        note.data[i] ^= 1;
        post(site, API_ACTIVATE, buffer_slice(&note), &reply);
        note.data[i] ^= 1;
        assert_true(reply.status == 400 || reply.status == 403 || reply.status == 409);
    }
    post_request(site, 2, &request, &reply);
    struct denial denial = denial_in(&reply, ERR_REQUEST_REFUSED);
    assert_non_null(strstr(denial.message, "signer-unknown"));
    post_release(site, 2, &release, &reply);
    denial_in(&reply, ERR_REQUEST_REFUSED);

    const uint8_t seed[SEED_SIZE] = {5};
    CLEANUP_SIGNING_KEY struct signing_key *other = NULL;
    assert_ok(signing_key_make(slice_of(HOST "/" VENDOR), seed, &other));
    request.host_key = release.host_key = *signing_key_verifier(other);
    const uint64_t others = denied_of(site, ERR_REQUEST_OTHER_HOST);
    post_request(site, 1, &request, &reply);
    denial_in(&reply, ERR_REQUEST_OTHER_HOST);
    post_release(site, 1, &release, &reply);
    denial_in(&reply, ERR_REQUEST_OTHER_HOST);
    assert_int_equal(denied_of(site, ERR_REQUEST_OTHER_HOST), others + 2);

    CLEANUP_SIGNING_KEY struct signing_key *stranger = NULL;
    assert_ok(signing_key_make(slice_of(HOST "/nobody.example"), seed, &stranger));
    request.host_key = *signing_key_verifier(stranger);
    strcpy(request.vendor, "nobody.example");
    strcpy(request.seen.origin, HOST "/nobody.example");
    post_request(site, 1, &request, &reply);
    denial_in(&reply, ERR_NO_LICENSE);

    assert_true(denied_of(site, ERR_REQUEST_REFUSED) > 10);
    site_end(site);
    size_t rows = 0;
    char kept[2 * ADDRESS_TEXT_SIZE] = "";
    const struct machine_filter all = {.limit = 10};
    assert_ok(store_denials(site->store, NULL, 0, 1, keep_addresses, kept, NULL));
    assert_ok(store_machines(site->store, &all, count_row, &rows, NULL));
    assert_int_equal(rows, 0);
    assert_string_equal(kept, "");
}

static void the_connection_serves_on_after_a_refusal(void **state)
{
    const struct site *const site = *state;
    CLEANUP_BUFFER struct buffer body = request_text(1, 1);
    struct reply reply;
    const int client = open_client(site);
    send_post(client, "/nowhere", slice_of("something"));
    read_reply(client, false, &reply);
    denial_in(&reply, ERR_NO_SUCH_PAGE);
    send_post(client, API_ACTIVATE, slice_of("nonsense"));
    read_reply(client, false, &reply);
    denial_in(&reply, ERR_REQUEST_REFUSED);
    send_post(client, API_ACTIVATE, buffer_slice(&body));
    read_reply(client, false, &reply);
    check_leaf(&reply, 0);
    close(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(activations_follow_each_other_on_one_connection),
        TEST(a_body_in_pieces_is_put_together),
        TEST(a_chunked_body_is_read),
        TEST(a_seat_is_given_back),
        TEST(a_host_introduces_itself_before_and_after_its_first_lease),
        TEST(the_license_introduced_is_the_best_for_what_is_wanted),
        TEST(a_host_without_a_license_for_it_says_so),
        TEST(licenses_and_revocations_are_served_to_be_cached),
        TEST(a_healthy_host_says_ok),
        TEST(both_families_are_listened_to_and_addresses_are_plain),
        TEST(requests_sent_at_once_are_answered_one_after_the_other),
        TEST(who_asks_before_sending_is_told_to_go_on),
        TEST(the_answer_to_one_request_alone_ends_the_connection),
        TEST(half_a_connection_gets_its_answer),
        TEST(clients_that_leave_before_their_answer_do_no_harm),
        TEST(what_is_not_http_is_refused_and_the_connection_ends),
        TEST(unknown_pages_and_methods_are_named),
        TEST(a_malformed_request_is_told_what_and_where),
        TEST(what_no_machine_signed_for_this_host_leaves_nothing_but_a_figure),
        TEST(the_connection_serves_on_after_a_refusal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
