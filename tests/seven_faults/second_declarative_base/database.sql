CREATE TABLE students (student_id varchar(100) PRIMARY KEY);
CREATE TABLE questions (
    question_id serial PRIMARY KEY,
    student_id varchar NOT NULL REFERENCES students
);
CREATE INDEX ix_questions_student_id ON questions (student_id)
