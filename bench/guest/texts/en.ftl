no-answer = Not known.

decision-known = In the database
decision-unknown = Not known
reason-no-answer = The database does not answer
