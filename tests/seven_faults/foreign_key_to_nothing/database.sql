CREATE TABLE students (student_id varchar(100) PRIMARY KEY, school_id int NOT NULL);
CREATE INDEX ix_students_school_id ON students (school_id);
CREATE TABLE questions (question_id serial PRIMARY KEY, student_id varchar NOT NULL);
CREATE INDEX ix_questions_student_id ON questions (student_id)
