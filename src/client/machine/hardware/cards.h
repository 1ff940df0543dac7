/* Network cards of the machine. Each operating system has a sibling file. */
#ifndef CLIENT_MACHINE_HARDWARE_CARDS_H
#define CLIENT_MACHINE_HARDWARE_CARDS_H

#include "tree.h"

/* Shows each network card. */
void cards_look(const struct tree *tree);

#endif
