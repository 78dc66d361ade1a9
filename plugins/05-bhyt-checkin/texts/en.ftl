# Words for the registration desk. Nobody's name or number.
admitted = Admit. The insurance pays { $level }%.
admitted-without-level = Admit. The benefit level is not known yet.
admitted-child = Admit the child under 6. Tell the family how to get the card.
papers-later = Emergency: admit now. Papers follow before the end of the treatment.
verify-later = Admit. Verify the insurance by { $by }.
insurance-ended = The insurance ended on { $until }. It can be renewed; the visit is kept.
insurance-not-started = The insurance begins on { $from }. Ask for another paper; the visit is kept.
not-insured = No insurance found. Ask for another paper; the visit is kept.
no-paper = No paper yet. Ask for one; the visit is kept.
see-police-desk = Please see the police desk.
confirmed = Verified: insured on the day of the visit.
not-covered = Not insured on the day of the visit.
still-open-number = The paper alone does not settle it. Enter the patient's personal number.
still-open-register = The insurance system does not answer yet. Try again later.
ticket = The correction was asked for at Social Insurance.
by-paper = It could not be sent. Ask for the correction on paper.
summary = { $visits } visits on the day, { $open } still to be verified.
listed = { $overdue } visits overdue.
show-green = Please come in
show-amber = Please come in; staff will tell you more
show-red = Please see the staff at the desk

decision-admit = Admit
decision-admit-verify-later = Admit, verify later
decision-self-pay-advised = Advise self-payment
decision-confirmed = Verified
decision-not-covered = Not covered
decision-still-open = Still to be verified
decision-ticket = Correction asked for
decision-by-paper = Ask on paper
decision-summary = Summary of the day

reason-child-under-6 = Child under 6, with a birth paper
reason-emergency = Emergency
reason-double-tap = Read twice, one visit
reason-paper-only = Papers only, no personal number yet
reason-no-paper = No papers
reason-see-police-desk = See the police desk
reason-register-unreachable = The insurance system does not answer
reason-population-unreachable = The population database does not answer
reason-not-in-population = The number is not in the population database
reason-insurance-ended = The insurance has ended
reason-insurance-not-started = The insurance has not begun
reason-not-insured = Not insured
reason-referral-missing = No referral
reason-low-assurance = Identified below the least assurance
reason-id-expired = The identity card has expired
reason-card-differs = The card differs from the population database
reason-register-differs = The insurance register differs from the population database
reason-number-not-comparable = The number cannot be compared at the desk

next-apply-for-card = Tell the family how to get the child's card
next-papers-before-end = Take the papers before the end of the treatment
next-enter-number = Enter the personal number when it is known
next-bring-paper = Ask for papers
next-go-to-police-desk = Send to the police desk
next-renew-insurance = Tell how to renew the insurance
next-show-other-paper = Ask for another paper
next-check-number = Check the number that was entered
next-ask-referral = Ask for the referral
next-ask-chip = Read the chip or VNeID next time
next-renew-id = Remind to renew the identity card
next-compare-id = Compare photo and details on the card
next-tell-correction = Tell the patient that a correction was asked for
next-report-on-paper = Ask for the correction on paper

refusal-too-late = The reading is too old: enter the visit at the desk
refusal-clock-ahead = The reader's clock is ahead: set it and read again
refusal-facility-unknown = The facility is not registered for treatment
refusal-facility-not-licensed = The facility's licence is not in force
refusal-no-open-visit = Nothing is open for this visit
refusal-no-such-visit = There is no such visit
refusal-other-person = The visit is another person's
refusal-no-facility = No facility was named

# Social Insurance reads this.
alert-wrong-person = At facility { $facility }, a card was read ({ $method }) of someone recorded as deceased. Compare who came with the record.
