/* What other threads put before a loop; see mailbox.h. */
#include "mailbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

static void wake_up(int descriptor)
{
    /* It fails only where it has been written 2^64 times, and then the loop is awake. */
    (void)eventfd_write(descriptor, 1);
}

RESULT mailbox_open(struct mailbox *mailbox)
{
    atomic_init(&mailbox->last, NULL);
    mailbox->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ENSURE(mailbox->wake >= 0, INTERNAL);
    return RESULT_OK;
}

void mailbox_close(struct mailbox *mailbox)
{
    if (mailbox->wake >= 0)
        close(mailbox->wake);
    mailbox->wake = -1;
}

void mailbox_put(struct mailbox *mailbox, struct letter *letter)
{
    const int wake = mailbox->wake;
    struct letter *last = atomic_load_explicit(&mailbox->last, memory_order_relaxed);
    do
        letter->next = last;
    while (!atomic_compare_exchange_weak_explicit(&mailbox->last, &last, letter, memory_order_release,
                                                  memory_order_relaxed));
    /* The letter is no longer ours. Where there was one before it, the loop is awake, or about to be. */
    if (last == NULL)
        wake_up(wake);
}

void mailbox_wake(const struct mailbox *mailbox)
{
    wake_up(mailbox->wake);
}

struct letter *mailbox_empty(struct mailbox *mailbox)
{
    struct letter *letter = atomic_exchange_explicit(&mailbox->last, NULL, memory_order_acquire);
    struct letter *first = NULL;
    while (letter != NULL) {
        struct letter *const before = letter->next;
        letter->next = first;
        first = letter;
        letter = before;
    }
    return first;
}
