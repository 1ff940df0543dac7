/*
 * The activation listener over real sockets: what is answered, what is refused, and who is cut off.
 *
 * The one test that must wait for a timeout sets it to a second and lets all its slow clients be slow at once.
 */
#include "host_fixture.h"

#include "host/listener.h"
#include "proto/answer.h"
#include "proto/api.h"
#include "proto/introduction.h"
#include "store/machines.h"
#include "store/memory.h"
#include "store/operators.h"
#include "system/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REPLY_MAX = 64 * 1024, WAIT_MILLISECONDS = 5000 };

struct site {
    struct host_fixture fixture;
    struct store *store;
    struct engine *engine;
    struct listener *listener;
    struct config config;
};

static void listen_with(struct site *site, const struct config *config)
{
    listener_stop(site->listener);
    site->listener = NULL;
    assert_ok(listener_start(config, site->engine, &site->fixture.log, &site->listener, NULL));
}

static int setup(void **state)
{
    struct site *const site = calloc(1, sizeof *site);
    host_fixture_make(&site->fixture);
    const struct license license = fixture_license(&site->fixture, "main");
    fixture_put_license(&site->fixture, &license);
    fixture_put_revocations(&site->fixture, 1, "another");
    assert_ok(store_open_memory(&site->store));
    struct authority *const authority = fixture_authority(&site->fixture);
    const struct engine_options options = fixture_options(&site->fixture, site->store, authority);
    assert_ok(engine_start(&options, &site->engine, NULL));
    authority_release(authority);
    site->config = (struct config){
        .connections = 2000, .connections_per_address = 1500, .idle_timeout = 10, .request_timeout = 15};
    listen_with(site, &site->config);
    *state = site;
    return 0;
}

static void end(struct site *site)
{
    if (site->listener != NULL)
        listener_quiesce(site->listener);
    engine_stop(site->engine);
    listener_stop(site->listener);
    site->engine = NULL;
    site->listener = NULL;
}

static int teardown(void **state)
{
    struct site *const site = *state;
    end(site);
    store_close(site->store);
    host_fixture_remove(&site->fixture);
    free(site);
    return 0;
}

/* ---- a client ---- */

struct reply {
    int status; /* 0: the connection ended without an answer */
    size_t head_size;
    struct slice body;
    char text[REPLY_MAX];
};

static int connect_to(const char *address, uint16_t port)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
    const bool is_six = inet_pton(AF_INET6, address, &six.sin6_addr) == 1;
    if (!is_six)
        assert_int_equal(inet_pton(AF_INET, address, &four.sin_addr), 1);
    const int client = socket(is_six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct sockaddr *const to = is_six ? (const void *)&six : (const void *)&four;
    if (connect(client, to, is_six ? sizeof six : sizeof four) == 0)
        return client;
    close(client);
    return -1;
}

static int open_client(const struct site *site)
{
    const int client = connect_to("127.0.0.1", listener_port(site->listener));
    assert_true(client >= 0);
    return client;
}

static void send_all(int client, const void *data, size_t size)
{
    for (size_t sent = 0; sent < size;) {
        const ssize_t count = send(client, (const char *)data + sent, size - sent, MSG_NOSIGNAL);
        if (count < 0)
            return; /* the test looks at the answer */
        sent += (size_t)count;
    }
}

static void send_text(int client, const char *text)
{
    send_all(client, text, strlen(text));
}

static const char *header_of(const struct reply *reply, const char *name)
{
    const char *line = reply->text;
    const size_t length = strlen(name);
    while ((line = strstr(line, "\r\n")) != NULL && line < reply->text + reply->head_size) {
        line += 2;
        if (strncasecmp(line, name, length) == 0 && line[length] == ':')
            return line + length + 2;
    }
    return NULL;
}

static bool starts(const char *text, const char *with)
{
    return text != NULL && strncmp(text, with, strlen(with)) == 0;
}

/* Whether more came. */
static bool read_more(int client, struct reply *reply, size_t *size)
{
    struct pollfd ready = {.fd = client, .events = POLLIN};
    assert_int_equal(poll(&ready, 1, WAIT_MILLISECONDS), 1);
    assert_true(*size < REPLY_MAX - 1);
    const ssize_t count = recv(client, reply->text + *size, REPLY_MAX - 1 - *size, 0);
    if (count <= 0)
        return false;
    *size += (size_t)count;
    reply->text[*size] = 0;
    return true;
}

static void read_reply(int client, bool head_only, struct reply *reply)
{
    size_t size = 0;
    const char *head_end = NULL;
    *reply = (struct reply){.status = 0};
    while (head_end == NULL) {
        if (!read_more(client, reply, &size))
            return;
        head_end = strstr(reply->text, "\r\n\r\n");
    }
    reply->head_size = (size_t)(head_end - reply->text) + 4;
    const char *const length = header_of(reply, "content-length");
    const size_t body_size = length == NULL || head_only ? 0 : strtoul(length, NULL, 10);
    while (size < reply->head_size + body_size)
        if (!read_more(client, reply, &size))
            return;
    reply->status = (int)strtol(reply->text + strlen("HTTP/1.1 "), NULL, 10);
    reply->body = slice_make(reply->text + reply->head_size, body_size);
}

static void send_post(int client, const char *path, struct slice body)
{
    char head[256];
    const int size =
        snprintf(head, sizeof head, "POST %s HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\n", path, body.size);
    send_all(client, head, (size_t)size);
    send_all(client, body.data, body.size);
}

static void post(const struct site *site, const char *path, struct slice body, struct reply *reply)
{
    const int client = open_client(site);
    send_post(client, path, body);
    read_reply(client, false, reply);
    close(client);
}

static void ask(const struct site *site, const char *method, const char *path, struct reply *reply)
{
    const int client = open_client(site);
    char head[256];
    snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: h\r\n\r\n", method, path);
    send_text(client, head);
    read_reply(client, strcmp(method, "HEAD") == 0, reply);
    close(client);
}

/* Every failure has a denial for a body, with the status of its code. */
static struct denial denial_in(const struct reply *reply, enum error_code code)
{
    struct denial denial;
    assert_ok(denial_read(reply->body, &denial));
    assert_int_equal(denial.code, code);
    assert_int_equal(reply->status, error_info(code)->http_status);
    assert_true(starts(header_of(reply, "cache-control"), "no-store"));
    return denial;
}

static struct buffer request_text(uint64_t machine, uint64_t number)
{
    const struct request request = fixture_request(machine, number);
    struct buffer note = buffer_make(REQUEST_MAX);
    fixture_sign_request(machine, &request, &note);
    return note;
}

static void post_request(const struct site *site, uint64_t machine, const struct request *request, struct reply *reply)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(REQUEST_MAX);
    fixture_sign_request(machine, request, &note);
    post(site, API_ACTIVATE, buffer_slice(&note), reply);
}

static void post_release(const struct site *site, uint64_t machine, const struct release *release, struct reply *reply)
{
    CLEANUP_BUFFER struct buffer note = buffer_make(REQUEST_MAX);
    fixture_sign_release(machine, release, &note);
    post(site, API_RELEASE, buffer_slice(&note), reply);
}

static void check_lease(const struct reply *reply, uint64_t index)
{
    struct answer answer;
    struct tlog_proof proof;
    assert_int_equal(reply->status, 200);
    assert_true(starts(header_of(reply, "content-type"), TYPE_TEXT));
    assert_true(starts(header_of(reply, "cache-control"), "no-store"));
    assert_ok(answer_read(reply->body, &answer));
    assert_ok(tlog_proof_read(answer.proof, &proof));
    assert_int_equal(proof.index, index);
}

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
        check_lease(&reply, i);
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
    check_lease(&reply, 0);
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
    check_lease(&reply, 0);
    close(client);
}

static void a_seat_is_given_back(void **state)
{
    const struct site *const site = *state;
    const struct request request = fixture_request(1, 1);
    struct release release = fixture_release(1, "main", 2);
    struct reply reply;
    struct tlog_proof proof;
    post_request(site, 1, &request, &reply);
    check_lease(&reply, 0);
    for (size_t i = 0; i < 2; i++) { /* once more, as where the answer was lost */
        post_release(site, 1, &release, &reply);
        assert_int_equal(reply.status, 200);
        assert_ok(tlog_proof_read(reply.body, &proof));
        assert_int_equal(proof.index, 1);
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
        check_lease(&reply, 0);
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
    struct request request = fixture_request(1, 1);
    strcpy(request.product, "unheard-of");
    CLEANUP_BUFFER struct buffer body = buffer_make(REQUEST_MAX);
    fixture_sign_request(1, &request, &body);
    const char *const addresses[] = {"127.0.0.1", "::1"};
    struct reply reply;
    for (size_t i = 0; i < 2; i++) {
        const int client = connect_to(addresses[i], listener_port(site->listener));
        if (client < 0 && i == 1)
            skip(); /* a system without IPv6 */
        send_post(client, API_ACTIVATE, buffer_slice(&body));
        read_reply(client, false, &reply);
        close(client);
        denial_in(&reply, ERR_NO_LICENSE);
    }
    end(site);
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
    check_lease(&reply, 0);
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
    check_lease(&reply, 0);
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
    end(site);
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
    check_lease(&reply, 0);
    close(client);
}

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
    assert_fails(listener_start(&config, site->engine, &site->fixture.log, &other, &reason), PORT_IN_USE);
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
    check_lease(&reply, 0);
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
    check_lease(&reply, 0);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

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
