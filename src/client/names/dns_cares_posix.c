/* Name servers by c-ares, which is opened when one is first asked (late/cares.h), with the sockets of POSIX; see dns.h.
 */
#include "dns.h"

#include "base/sentences.h"
#include "late/cares.h"
#include "system/clock.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

enum {
    CLASS_INTERNET = 1,
    TYPE_SRV = 33,
    TRY_MS = 500, /* for one name server, before the next one is asked; twice as long each time around */
    TRIES = 6,
    OTHER_FAMILY_MS = 300, /* that the other kind of address is waited for, once one is here */
};

bool dns_is_here(void)
{
    const struct cares_calls *lib;
    return is_ok(cares_open(&lib, NULL));
}

/* The channel: what is asked of the name servers at one time */

struct asking {
    const struct cares_calls *lib;
    ares_channel channel;
    int64_t end; /* on the monotonic clock */
    size_t waiting;
};

static RESULT channel_failed(const struct asking *asking, int status, struct reason *reason)
{
    if (status == ARES_ENOMEM)
        return FAIL(NO_MEMORY);
    return reason_say(reason, FAIL(NAME_SERVERS), "%s", asking->lib->strerror(status));
}

static RESULT use_servers(struct asking *asking, const char *servers, struct reason *reason)
{
    char list[ADDRESS_SIZE];
    if (snprintf(list, sizeof list, "%s", servers) >= (int)sizeof list)
        return reason_say(reason, FAIL(USAGE), _("AVAL_DNS is too long"));
    for (char *at = list; *at != 0; at++)
        if (*at == ' ')
            *at = ',';
    if (asking->lib->set_servers_ports_csv(asking->channel, list) != ARES_SUCCESS)
        return reason_say(reason, FAIL(USAGE), _("AVAL_DNS holds no addresses of name servers: %.200s"), servers);
    return RESULT_OK;
}

static RESULT begin(const char *servers, unsigned timeout_ms, struct asking *asking, struct reason *reason)
{
    struct ares_options options = {.timeout = TRY_MS, .tries = TRIES};
    *asking = (struct asking){.end = clock_monotonic_ms() + timeout_ms};
    TRY(cares_open(&asking->lib, reason));
    const int status = asking->lib->init_options(&asking->channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
    if (status != ARES_SUCCESS)
        return channel_failed(asking, status, reason);
    return servers == NULL ? RESULT_OK : use_servers(asking, servers, reason);
}

/* Whoever still waits is told that nothing comes. */
static void end(struct asking *asking)
{
    if (asking->channel != NULL)
        asking->lib->destroy(asking->channel);
    asking->channel = NULL;
}
#define CLEANUP_ASKING __attribute__((cleanup(end)))

/* One wait for the sockets, of at most that long. */
static void wait_once(struct asking *asking, int64_t milliseconds)
{
    ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
    struct pollfd polls[ARES_GETSOCK_MAXNUM];
    nfds_t count = 0;
    struct timeval most = {.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};
    struct timeval room;
    const int bits = asking->lib->getsock(asking->channel, sockets, ARES_GETSOCK_MAXNUM);
    for (int i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
        const bool reads = ARES_GETSOCK_READABLE(bits, i);
        const bool writes = ARES_GETSOCK_WRITABLE(bits, i);
        if (reads || writes)
            polls[count++] =
                (struct pollfd){.fd = sockets[i], .events = (short)((reads ? POLLIN : 0) | (writes ? POLLOUT : 0))};
    }
    const struct timeval *next = asking->lib->timeout(asking->channel, &most, &room);
    if (poll(polls, count, (int)(next->tv_sec * 1000 + (next->tv_usec + 999) / 1000)) <= 0)
        count = 0;
    for (nfds_t i = 0; i < count; i++)
        if (polls[i].revents != 0)
            asking->lib->process_fd(asking->channel, (polls[i].revents & ~POLLOUT) != 0 ? polls[i].fd : ARES_SOCKET_BAD,
                                    (polls[i].revents & POLLOUT) != 0 ? polls[i].fd : ARES_SOCKET_BAD);
    if (count == 0)
        asking->lib->process_fd(asking->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

/* A name server that is asked over TCP and hangs up must not end the product, whose signals are its own. */
static void without_pipe_signals(struct asking *asking, void (*work)(struct asking *))
{
    sigset_t pipe;
    sigset_t before;
    sigset_t pending;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &pipe, &before);
    work(asking);
    const struct timespec at_once = {0};
    if (!sigismember(&pending, SIGPIPE))
        while (sigtimedwait(&pipe, NULL, &at_once) > 0)
            ;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void wait_all(struct asking *asking)
{
    while (asking->waiting > 0) {
        const int64_t left = asking->end - clock_monotonic_ms();
        if (left <= 0)
            break;
        wait_once(asking, left);
    }
    asking->lib->cancel(asking->channel);
}

static bool says_there_is_none(int status)
{
    return status == ARES_ENOTFOUND || status == ARES_ENODATA;
}

/* Addresses */

struct family {
    struct asking *asking;
    int status;
    size_t count;
    char addresses[NAME_ADDRESSES_MAX / 2][NAME_ADDRESS_SIZE];
};

static void take_addresses(struct family *family, const struct ares_addrinfo *found)
{
    for (const struct ares_addrinfo_node *node = found->nodes; node != NULL && family->count < NAME_ADDRESSES_MAX / 2;
         node = node->ai_next) {
        struct sockaddr_in ipv4;
        struct sockaddr_in6 ipv6;
        const void *address = NULL;
        if (node->ai_family == AF_INET && node->ai_addrlen >= sizeof ipv4)
            address = &((const struct sockaddr_in *)memcpy(&ipv4, node->ai_addr, sizeof ipv4))->sin_addr;
        else if (node->ai_family == AF_INET6 && node->ai_addrlen >= sizeof ipv6)
            address = &((const struct sockaddr_in6 *)memcpy(&ipv6, node->ai_addr, sizeof ipv6))->sin6_addr;
        if (address != NULL &&
            inet_ntop(node->ai_family, address, family->addresses[family->count], NAME_ADDRESS_SIZE) != NULL)
            family->count++;
    }
}

/* Its type is c-ares'. Where one family is here, the other has not long to come: some name servers never answer for
 * addresses that they do not have. */
static void addresses_are_here(void *context, int status, int timeouts, struct ares_addrinfo *found)
{
    struct family *family = context;
    (void)timeouts;
    family->status = status;
    family->asking->waiting--;
    if (status != ARES_SUCCESS || found == NULL)
        return;
    take_addresses(family, found);
    family->asking->lib->freeaddrinfo(found);
    const int64_t soon = clock_monotonic_ms() + OTHER_FAMILY_MS;
    if (family->count > 0 && soon < family->asking->end)
        family->asking->end = soon;
}

static RESULT no_address(const struct family *a, const struct family *b, const char *name, struct reason *reason)
{
    if (a->status == ARES_ENOMEM || b->status == ARES_ENOMEM)
        return FAIL(NO_MEMORY);
    if (says_there_is_none(a->status) && says_there_is_none(b->status))
        return reason_say(reason, FAIL(HOST_UNREACHABLE), _("no name server knows %.200s"), name);
    return reason_say(reason, FAIL(NAME_SERVERS), "%.200s (%s)", name,
                      a->asking->lib->strerror(says_there_is_none(a->status) ? b->status : a->status));
}

RESULT dns_addresses(const char *servers, const char *name, unsigned timeout_ms, struct name_addresses *ret_addresses,
                     struct reason *reason)
{
    CLEANUP_ASKING struct asking asking = {0};
    struct family ipv6 = {.asking = &asking};
    struct family ipv4 = {.asking = &asking};
    struct ares_addrinfo_hints hints = {.ai_socktype = SOCK_STREAM, .ai_family = AF_INET6};
    TRY(begin(servers, timeout_ms, &asking, reason));
    asking.waiting = 2;
    asking.lib->getaddrinfo(asking.channel, name, NULL, &hints, addresses_are_here, &ipv6);
    hints.ai_family = AF_INET;
    asking.lib->getaddrinfo(asking.channel, name, NULL, &hints, addresses_are_here, &ipv4);
    without_pipe_signals(&asking, wait_all);
    if (ipv6.count + ipv4.count == 0)
        return no_address(&ipv6, &ipv4, name, reason);
    *ret_addresses = (struct name_addresses){.count = ipv6.count + ipv4.count};
    memcpy(ret_addresses->addresses, ipv6.addresses, ipv6.count * NAME_ADDRESS_SIZE);
    memcpy(ret_addresses->addresses[ipv6.count], ipv4.addresses, ipv4.count * NAME_ADDRESS_SIZE);
    return RESULT_OK;
}

/* Services */

struct domain {
    struct asking *asking;
    int status;
    struct service_list list;
};

struct domains {
    struct asking *asking;
    size_t count;
    struct domain domains[DOMAINS_MAX];
};

static void add_domain(struct domains *domains, struct slice name)
{
    if (name.size > 0 && name.data[name.size - 1] == '.')
        name.size--;
    if (name.size == 0 || domains->count == DOMAINS_MAX)
        return;
    struct domain *domain = &domains->domains[domains->count];
    domain->asking = domains->asking;
    if (is_ok(slice_copy_text(name, domain->list.domain, DOMAIN_SIZE)))
        domains->count++;
}

static void add_given(struct domains *domains, const char *given)
{
    while (*given != 0) {
        const size_t size = strcspn(given, ", ");
        add_domain(domains, slice_make(given, size));
        given += size;
        given += strspn(given, ", ");
    }
}

static RESULT add_of_system(struct domains *domains, struct reason *reason)
{
    struct ares_options options;
    int mask = 0;
    const int status = domains->asking->lib->save_options(domains->asking->channel, &options, &mask);
    if (status != ARES_SUCCESS)
        return channel_failed(domains->asking, status, reason);
    if ((mask & ARES_OPT_DOMAINS) != 0)
        for (int i = 0; i < options.ndomains; i++)
            add_domain(domains, slice_of(options.domains[i]));
    domains->asking->lib->destroy_options(&options);
    return RESULT_OK;
}

static void take_services(struct domain *domain, const struct ares_srv_reply *reply)
{
    struct service_list *list = &domain->list;
    for (; reply != NULL && list->count < SERVICES_MAX; reply = reply->next) {
        struct service *service = &list->services[list->count];
        *service = (struct service){.priority = reply->priority, .weight = reply->weight, .port = reply->port};
        if (is_ok(slice_copy_text(slice_of(reply->host), service->target, DOMAIN_SIZE)))
            list->count++;
    }
}

/* Its type is c-ares'. */
static void services_are_here(void *context, int status, int timeouts, unsigned char *answer, int size)
{
    struct domain *domain = context;
    struct ares_srv_reply *reply = NULL;
    (void)timeouts;
    domain->asking->waiting--;
    domain->status = status == ARES_SUCCESS ? domain->asking->lib->parse_srv_reply(answer, size, &reply) : status;
    if (domain->status == ARES_SUCCESS)
        take_services(domain, reply);
    if (reply != NULL)
        domain->asking->lib->free_data(reply);
}

static void ask_domains(struct domains *domains)
{
    domains->asking->waiting = domains->count;
    for (size_t i = 0; i < domains->count; i++) {
        char name[sizeof SERVICE_LABELS "." + DOMAIN_SIZE];
        snprintf(name, sizeof name, SERVICE_LABELS ".%s", domains->domains[i].list.domain);
        domains->asking->lib->query(domains->asking->channel, name, CLASS_INTERNET, TYPE_SRV, services_are_here,
                                    &domains->domains[i]);
    }
    without_pipe_signals(domains->asking, wait_all);
}

/* The first with records decides, as in every search list. A domain that nobody answered for decides nothing, but where
 * no other has any it is what is said. */
static RESULT first_answer(const struct domains *domains, struct service_list *ret_services, struct reason *reason)
{
    const struct domain *silent = NULL;
    for (size_t i = 0; i < domains->count; i++) {
        const struct domain *domain = &domains->domains[i];
        if (domain->list.count > 0) {
            *ret_services = domain->list;
            return RESULT_OK;
        }
        if (silent == NULL && domain->status != ARES_SUCCESS && !says_there_is_none(domain->status))
            silent = domain;
    }
    if (silent != NULL)
        return reason_say(reason, FAIL(NAME_SERVERS), SERVICE_LABELS ".%.200s (%s)", silent->list.domain,
                          domains->asking->lib->strerror(silent->status));
    if (domains->count == 0)
        return reason_say(reason, FAIL(NO_HOST_KNOWN), _("this machine has no domain to look for one in"));
    return reason_say(reason, FAIL(NO_HOST_KNOWN), _("DNS names none in %.200s%s"), domains->domains[0].list.domain,
                      domains->count > 1 ? _(" nor the other domains") : "");
}

RESULT dns_services(const char *servers, const char *domains, unsigned timeout_ms, struct service_list *ret_services,
                    struct reason *reason)
{
    CLEANUP_ASKING struct asking asking = {0};
    TRY(begin(servers, timeout_ms, &asking, reason));
    struct domains *all = calloc(1, sizeof *all);
    ENSURE(all != NULL, NO_MEMORY);
    all->asking = &asking;
    struct result outcome = RESULT_OK;
    if (domains != NULL)
        add_given(all, domains);
    else
        outcome = add_of_system(all, reason);
    if (is_ok(outcome)) {
        ask_domains(all);
        outcome = first_answer(all, ret_services, reason);
    }
    end(&asking); /* nobody is called back any more */
    free(all);
    return outcome;
}
