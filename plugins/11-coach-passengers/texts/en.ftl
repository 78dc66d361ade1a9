# Words for the conductor. Nobody's name or number.
trip-with-list = The trip is open, { $seats } seats. Its list goes to the police after departure.
trip-without-list = The trip is open, { $seats } seats. It owes no list.
trip-problems = The trip is not open. Mend what stands below and open it again.
boarded = Passenger { $number } is on board.
boarded-phone = The passenger is on board. The police cannot be told from here: phone { $phone }.
already-on-board = This passenger is on the list already.
full = All { $seats } seats are taken. Take nobody more: carrying too many is an offence.
see-police-desk = Please see the commune police.
alighted = The passenger got off; { $on_board } people are on board.
list-sent = The list is complete: { $sent } people.
list-queued = { $sent } people are sent; the rest goes by itself once the line is back.
no-notice-due = A day trip owes no list.
state = { $on_board } people on board, { $unsent } notices not sent.
overdue = { $unclosed } trips that nobody closed, { $unsent } trips whose list is not sent.
show-green = Please board
show-amber = Please board; the conductor will ask more
show-red = Please see the conductor

decision-trip = Trip opened
decision-problems = Trip not opened
decision-boarded = On board
decision-boarded-check-later = On board, to be checked later
decision-full = Full
decision-already-on-board = On the list already
decision-not-entered = Not entered
decision-alighted = Got off
decision-list-sent = List sent
decision-list-queued = List waiting
decision-no-notice-due = No list owed
decision-state = How the trip stands

reason-already-open = This trip was open already
reason-operator-unknown = There is no such operator
reason-vehicle-not-of-operator = The coach is not the operator's
reason-licence-not-in-force = The licence of coach or operator is not in force
reason-too-many-seats = More seats than the coach has
reason-stops-out-of-order = The times of the stops are out of order
reason-route-unknown = There is no such route
reason-other-trip-open = The coach has another trip that is not closed
reason-same-boarding = One boarding, read twice
reason-read-twice = This card was read before on this trip
reason-see-police-desk = See the police
reason-with-adult = With whom is the child under 14?
reason-not-in-population = The number is not in the population database
reason-not-verified = The population database has not answered
reason-declared = Declared, no card was read
reason-permitted-until = Until when may the foreigner stay?
reason-late = It came later than it should
reason-police-unreachable = The police cannot be reached
reason-kept-here = Kept here and sent by itself
reason-not-through-here = The pilot may not send this notice
reason-already-closed = This trip was closed already
reason-people-not-entered = There are passengers who were not entered
reason-unmatched = There are passengers whom no register knows

next-mend-and-open-again = Mend it and open the trip again
next-ask-who = Ask: their own card again, or somebody else's?
next-no-more-passengers = Take nobody more
next-go-to-police-desk = See the commune police
next-ask-adult = Ask the adult with the child
next-check-number = Check the number that was entered
next-ask-for-identity = Ask for VNeID or a card
next-ask-permitted-until = Ask for the permitted stay on the visa
next-phone-police = Phone the police
next-enter-by-hand = Enter by hand who is missing

refusal-clock-ahead = The phone's clock is ahead
refusal-no-such-trip = There is no such trip
refusal-no-open-trip = No trip of this coach was open
refusal-before-trip = The card was read before the trip was opened
refusal-trip-closed = The trip is over
refusal-no-such-passenger = There is no such passenger on board
refusal-other-facility = This coach is not the conductor's own
refusal-no-facility = No coach was named
refusal-facility-unknown = No known coach
refusal-unit-mismatch = The coach lies in another unit

alert-trip-incident = Coach { $coach }, trip { $trip }: { $what ->
    [unclosed] nobody closed it although its time is over
   *[unsent] its list of passengers has not gone out to the police
}
