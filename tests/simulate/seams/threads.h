/*
 * The engine's thread as a coroutine of the one thread there is, so that a world runs the same each time: it goes on
 * where somebody waits for it, and gives way where it would sleep.
 *
 * The linker puts this between (--wrap): pthread_create makes a coroutine, pthread_join runs it to its end, and waiting
 * on a condition is the moment at which the two change places.
 */
#ifndef SIMULATE_THREADS_H
#define SIMULATE_THREADS_H

/* Lets the coroutine run until it sleeps or has ended; nothing where there is none. */
void threads_run(void);
/* The same, where it sleeps with a limit that has passed. */
void threads_pass_time(void);

#endif
