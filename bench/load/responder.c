/* An empty server; see responder.h. Two processes, as nginx has on two cores; level-triggered; a request of ours always
 * arrives in one piece. */
#include "responder.h"

#include "response.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BACKLOG = 4096, RESPONDER_EVENTS_MAX = 256, ACCEPTS_IN_A_ROW = 64 };

static void accept_some(int epoll, int listener)
{
    for (int i = 0; i < ACCEPTS_IN_A_ROW; i++) {
        const int file = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (file < 0)
            return;
        const int on = 1;
        setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct epoll_event event = {.events = EPOLLIN, .data.fd = file};
        epoll_ctl(epoll, EPOLL_CTL_ADD, file, &event);
    }
}

static void answer(int file)
{
    static const char ANSWER[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    char request[RESPONSE_HEAD_MAX];
    if (recv(file, request, sizeof request, 0) <= 0 || send(file, ANSWER, sizeof ANSWER - 1, MSG_NOSIGNAL) < 0)
        close(file);
}

static _Noreturn void serve(int listener)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (fork() == 0)
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* the second ends with the first */
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE, .data.fd = listener};
    if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) != 0)
        _exit(EXIT_BUG);
    for (;;) {
        struct epoll_event events[RESPONDER_EVENTS_MAX];
        const int count = epoll_wait(epoll, events, RESPONDER_EVENTS_MAX, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == listener)
                accept_some(epoll, listener);
            else
                answer(events[i].data.fd);
        }
    }
}

RESULT responder_start(struct target *ret_target, pid_t *ret_process)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct target target;
    memset(&target, 0, sizeof target);
    target.size = sizeof address;
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    ENSURE(listener >= 0, INTERNAL);
    pid_t process = -1;
    if (bind(listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(listener, BACKLOG) == 0 &&
        getsockname(listener, (struct sockaddr *)&target.address, &target.size) == 0)
        process = fork();
    if (process == 0)
        serve(listener);
    close(listener);
    ENSURE(process > 0, INTERNAL);
    *ret_target = target;
    *ret_process = process;
    return RESULT_OK;
}

void responder_stop(pid_t process)
{
    kill(process, SIGKILL);
    waitpid(process, NULL, 0);
}
