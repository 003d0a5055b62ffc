CREATE TABLE students (student_id varchar(36) PRIMARY KEY);
CREATE TABLE questions (
    question_id uuid PRIMARY KEY,
    student_id varchar(36) NOT NULL REFERENCES students
);
CREATE INDEX ix_questions_student_id ON questions (student_id)
